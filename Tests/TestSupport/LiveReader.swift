import Glibc
import Platform

/// A reader of an answer that does not end: reads when it is told to, and leaves when it wants. (Asks in HTTP/1.0, so that the
/// body comes as it is.)
public final class LiveReader {
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    /// Of the bytes so far, the events that are complete: taken apart once, as a reader may be told megabytes in small pieces.
    private var events: [(name: String, data: String)] = []
    private var eventsEnd = 0
    private var searchedTo = 0

    /// - Parameter url: `http://127.0.0.1:8081`, or a socket's path.
    public init(_ url: String, _ path: String, headers: [String] = []) throws {
        descriptor = url.hasPrefix("/") ? LiveReader.connect(unix: url) : LiveReader.connect(url)
        guard descriptor >= 0 else { throw Service.Failure(description: "nobody listens at \(url)") }
        let lines = ["GET \(path) HTTP/1.0", "Host: localhost"] + headers
        let request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        send(descriptor, request, request.count, Int32(MSG_NOSIGNAL))
    }

    deinit { leave() }

    private var hasLeft = false

    public func leave() {
        if !hasLeft { close(descriptor) }
        hasLeft = true
    }

    /// What has been read, its head too.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    public var status: Int { Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    /// The data of the events of one name, as they came.
    public func data(_ name: String) -> [String] { events.filter { $0.name == name }.map(\.data) }

    /// Takes apart what has come: an event ends with an empty line, which two pieces may share.
    private func takeEvents() {
        var place = max(searchedTo - 1, eventsEnd)
        while place + 1 < bytes.count {
            if LiveReader.isNewline(bytes[place]), LiveReader.isNewline(bytes[place + 1]) {
                takeEvent(bytes[eventsEnd..<place])
                place += 1
                eventsEnd = place + 1
            }
            place += 1
        }
        searchedTo = bytes.count
    }

    private func takeEvent(_ text: ArraySlice<UInt8>) {
        let lines = text.split(whereSeparator: LiveReader.isNewline).map { String(decoding: $0, as: UTF8.self) }
        func field(_ name: String) -> String? {
            lines.first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
        }
        if let name = field("event: "), let data = field("data: ") { events.append((name, data)) }
    }

    private static func isNewline(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") }

    /// Reads until it holds; false when the time is over, or the answer.
    public func reads(within milliseconds: UInt64 = 20_000, until holds: (LiveReader) -> Bool) -> Bool {
        let deadline = Clock.monotonicMilliseconds() + milliseconds
        var piece = [UInt8](repeating: 0, count: 65_536)
        while !holds(self) {
            let now = Clock.monotonicMilliseconds()
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard now < deadline, poll(&polled, 1, Int32(deadline - now)) > 0 else { return false }
            let count = recv(descriptor, &piece, piece.count, 0)
            guard count > 0 else { return holds(self) }
            bytes += piece[..<count]
            takeEvents()
        }
        return true
    }

    /// Reads to the answer's end; false when the time is over before.
    public func readsToTheEnd(within milliseconds: UInt64 = 20_000) -> Bool {
        let deadline = Clock.monotonicMilliseconds() + milliseconds
        let before = bytes.count
        _ = reads(within: milliseconds) { _ in false }
        return Clock.monotonicMilliseconds() < deadline && bytes.count >= before
    }

    private static func connect(_ url: String) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = (UInt16(url.split(separator: ":").last ?? "") ?? 0).bigEndian
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect($0, AF_INET, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func connect(unix path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect($0, AF_UNIX, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func connect(_ address: UnsafePointer<sockaddr>, _ family: Int32, _ length: socklen_t) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if Glibc.connect(descriptor, address, length) == 0 { return descriptor }
        close(descriptor)
        return -1
    }
}
