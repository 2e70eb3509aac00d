import Glibc
import Platform
import TestSupport

/// A blocking connection that sends exactly the bytes it is given, and reads answers that say their length.
final class RawClient {
    let descriptor: Int32
    private var rest: [UInt8] = []
    private static let patienceSeconds = 60

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: RawClient.patienceSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        let code = Address(0x7F00_0001, port: UInt16(port)).withPointer { connect(descriptor, $0, $1) }
        guard descriptor >= 0, code == 0 else {
            throw Service.Failure(description: "connect: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Sends as much as is taken.
    func send(_ text: String) { sendAll(Array(text.utf8), to: descriptor) }

    /// Says that nothing more will be sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Has the connection end with a reset when it is closed.
    func resetAtClose() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    /// The next answer's status and body; nil where the connection ends first.
    func answer() -> (status: Int, body: String)? {
        while true {
            if let end = headEnd {
                let head = String(decoding: rest[..<end], as: UTF8.self).lowercased()
                let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                let count = length.flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
                while rest.count < end + count { guard fill() else { return nil } }
                let body = String(decoding: rest[end..<(end + count)], as: UTF8.self)
                rest.removeFirst(end + count)
                return (Int(head.dropFirst(9).prefix(3)) ?? -1, body)
            }
            guard fill() else { return nil }
        }
    }

    /// Waits for the other side to end the connection.
    func awaitEnd() { while fill() { rest = [] } }

    private var headEnd: Int? {
        guard rest.count >= 4 else { return nil }
        for place in 3..<rest.count where rest[place] == 10 && rest[place - 1] == 13 && rest[place - 2] == 10 {
            return place + 1
        }
        return nil
    }

    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        rest += chunk.prefix(max(0, count))
        return count > 0
    }
}

/// Sends on a thread of its own, while somebody else reads the answers.
struct RawSender {
    private let thread: Thread

    init(_ descriptor: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        thread = Thread("sender") { sendAll(bytes, to: descriptor) }
    }

    func join() { thread.join() }
}
