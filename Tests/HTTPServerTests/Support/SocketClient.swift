import Glibc
import Testing

/// A blocking HTTP client that sends exactly the bytes it is given.
final class SocketClient {
    struct Failure: Error, CustomStringConvertible { let description: String }

    let descriptor: Int32
    private var reader: ReplyReader
    /// Past this a test has failed anyway.
    private static let patienceSeconds = 20

    /// - Parameter receiveBufferBytes: of the kernel's; 0: as it likes.
    init(port: Int, receiveBufferBytes: Int32 = 0) throws {
        let descriptor = try SocketClient.socket(AF_INET)
        if receiveBufferBytes > 0 {
            var bytes = receiveBufferBytes
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        self.descriptor = descriptor
        reader = SocketClient.reader(descriptor)
        guard code == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
        // A test's writes are the pieces that the server sees.
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    init(unixPath path: String) throws {
        let descriptor = try SocketClient.socket(AF_UNIX)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        self.descriptor = descriptor
        reader = SocketClient.reader(descriptor)
        guard code == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    private static func socket(_ family: Int32) throws -> Int32 {
        let descriptor = Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "socket: \(String(cString: strerror(errno)))") }
        var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        return descriptor
    }

    private static func reader(_ descriptor: Int32) -> ReplyReader {
        ReplyReader {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EAGAIN { Issue.record("nothing came for \(patienceSeconds) seconds") }
            return Array(chunk.prefix(max(0, count)))
        }
    }

    // MARK: Sending

    /// False where the server no longer takes it.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    // MARK: Receiving

    func reply(bodiless: Bool = false) throws -> Reply {
        guard let reply = reader.next(bodiless: bodiless) else {
            throw Failure(description: "the connection ended without an answer")
        }
        return reply
    }

    /// The answer, or nil where the connection ends first.
    func replyOrEnd() -> Reply? { reader.next() }

    /// Waits for the server to close; what it sent until then.
    func remainder() -> [UInt8] { reader.remainder() }

    /// Waits for the server to close; true where it sent nothing more.
    func endsHere() -> Bool { reader.remainder().isEmpty }

    /// Whether something can be read, or the connection has ended, within the time.
    func isReadable(within milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, milliseconds) > 0
    }

    /// Gives the server's thread the time to read what was sent by itself. No test fails where it does not.
    func letServerRead() { usleep(200) }

    /// Ends the connection with a reset.
    func reset() {
        var off = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &off, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Says that nothing more will be sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }
}

/// Requests as text.
enum Request {
    static func get(_ path: String, _ headers: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n"
    }

    static func post(_ path: String, _ body: String, _ headers: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: test\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    static func post(_ path: String, _ body: [UInt8], _ headers: String = "") -> [UInt8] {
        Array("POST \(path) HTTP/1.1\r\nHost: test\r\n\(headers)Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    static func chunked(_ path: String, _ chunks: [[UInt8]], _ headers: String = "") -> [UInt8] {
        var bytes = Array("POST \(path) HTTP/1.1\r\nHost: test\r\n\(headers)Transfer-Encoding: chunked\r\n\r\n".utf8)
        for chunk in chunks + [[]] { bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10] }
        return bytes
    }
}
