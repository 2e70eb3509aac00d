import Events
import Glibc
import HTTPServer
import Platform

/// One reader's way to the collector: a request over the private socket, whose answer becomes the reader's as it comes.
///
/// It asks in HTTP/1.0: the answer's body is what follows its head, without chunks, up to the connection's end.
final class RelayedTail {
    /// -1: there is no connection.
    let descriptor: Int32
    private let exchange: HTTPExchange
    /// The reader's, once the collector has agreed.
    private var stream: HTTPBodyStream?
    /// What has come before that.
    private let start = ByteBuffer()
    private let deadline = Clock.monotonicMilliseconds() + 5_000
    private static let bufferBytesMax = 256 << 10
    private static let pieceBytesMax = 32 << 10
    private static let refusalBytesMax = 16 << 10

    init(_ exchange: HTTPExchange, socket: String, target: String) {
        self.exchange = exchange
        descriptor = RelayedTail.connect(socket)
        let request = ByteBuffer("GET \(target) HTTP/1.0\r\nHost: collector\r\n\r\n")
        // The kernel's buffer holds the whole request, or the collector does not answer.
        if descriptor >= 0 { send(descriptor, request.base, request.count, Int32(MSG_NOSIGNAL)) }
        withExtendedLifetime(request) {}
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Not blocking: a collector that does not accept is one that does not answer.
    private static func connect(_ path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return -1 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        let code = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if code == 0 { return descriptor }
        Glibc.close(descriptor)
        return -1
    }

    /// Whether what comes can be handed on.
    var hasRoom: Bool { stream.map { $0.roomBytes >= RelayedTail.pieceBytesMax } ?? true }

    /// Takes what has come, without waiting; false when it is over.
    func step() -> Bool {
        guard descriptor >= 0 else { return refuse() }
        if let stream, stream.isAbandoned { return false }
        guard hasRoom else { return true }
        return withUnsafeTemporaryAllocation(byteCount: RelayedTail.pieceBytesMax, alignment: 1) { piece in
            let count = recv(descriptor, piece.baseAddress, piece.count, 0)
            if count > 0 { return take(UnsafeRawBufferPointer(rebasing: piece[..<count])) }
            if count < 0, errno == EAGAIN || errno == EINTR { return stream != nil || isInTime || refuse() }
            return ended()
        }
    }

    private var isInTime: Bool { Clock.monotonicMilliseconds() < deadline }

    /// The reader's stream ends here.
    func end() { stream?.finish() }

    private func ended() -> Bool {
        guard stream == nil else {
            end()
            return false
        }
        return refuse()
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let stream { return stream.offer(bytes) || !stream.isAbandoned }
        start.append(bytes)
        if status == 200, let body = bodyStart {
            return agree(UnsafeRawBufferPointer(rebasing: start.bytes[body...]))
        }
        return start.count <= RelayedTail.refusalBytesMax || refuse()
    }

    private func agree(_ first: UnsafeRawBufferPointer) -> Bool {
        let stream = HTTPBodyStream(bufferBytesMax: RelayedTail.bufferBytesMax, endsWithClient: true)
        self.stream = stream
        var response = HTTPResponse(.ok, contentType: "text/event-stream", body: .stream(stream))
        // A proxy that gathers an answer would hold events back.
        response.headers += [("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")]
        return stream.offer(first) && exchange.answer(response)
    }

    /// Hands the collector's refusal on, or says that there is no answer.
    private func refuse() -> Bool {
        guard let status, status >= 400, let body = bodyStart else {
            exchange.answer(AdminError.collectorAway.response)
            return false
        }
        let text = ByteBuffer()
        text.append(UnsafeRawBufferPointer(rebasing: start.bytes[body...]))
        var response = HTTPResponse(HTTPStatus(status), json: text)
        if status == 503 { response.headers.append(("Retry-After", "5")) }
        exchange.answer(response)
        return false
    }

    /// Of `HTTP/1.1 200 OK`.
    private var status: Int? {
        guard start.count >= 12 else { return nil }
        return Int(String(decoding: start.bytes[9..<12], as: UTF8.self))
    }

    /// Behind the empty line.
    private var bodyStart: Int? { start.bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound }
}
