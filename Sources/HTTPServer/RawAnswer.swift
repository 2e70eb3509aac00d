import CMicroHTTPD
import Events
import Glibc

/// An answer written without libmicrohttpd, which offers no way to answer before a request is whole.
enum RawAnswer {
    /// Sent as far as the socket takes it at once.
    static func send(_ response: HTTPResponse, to descriptor: Int32) {
        let bytes = bytes(response)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }

    static func bytes(_ response: HTTPResponse) -> [UInt8] {
        var body: [UInt8] = []
        if case .buffer(let buffer) = response.body { body = Array(buffer.bytes) }
        var head = "HTTP/1.1 \(response.status.code) \(response.status.reason)\r\nConnection: close\r\n"
        for (name, value) in response.headers { head += "\(name): \(value)\r\n" }
        return Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
    }
}
