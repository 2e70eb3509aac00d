import CMicroHTTPD
import Events
import Platform

/// libmicrohttpd's form of an answer.
enum NativeResponse {
    /// Smaller bodies are copied: cheaper than keeping track of them.
    private static let copyBytesMax = 4096
    private static let streamBlockBytes = 65_536

    static func make(_ response: HTTPResponse, _ exchange: HTTPExchange) -> OpaquePointer? {
        guard let native = body(response.body, exchange) else { return nil }
        for (name, value) in response.headers {
            // Refuses line ends itself: no header can be smuggled in through a value.
            MHD_add_response_header(native, name, value)
        }
        // libmicrohttpd would send the last chunk of a body that HEAD does not have.
        if case .stream = response.body, exchange.method == .head { cinelog_mhd_end_by_closing(native) }
        if response.closesConnection { MHD_add_response_header(native, "Connection", "close") }
        return native
    }

    private static func body(_ body: HTTPBody, _ exchange: HTTPExchange) -> OpaquePointer? {
        switch body {
        case .empty: return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
        case .constant(let bytes):
            return MHD_create_response_from_buffer(
                bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_PERSISTENT)
        case .buffer(let buffer) where buffer.count <= copyBytesMax:
            return MHD_create_response_from_buffer(buffer.count, buffer.base, .RESPMEM_MUST_COPY)
        case .buffer(let buffer):
            return MHD_create_response_from_buffer_with_free_callback_cls(
                buffer.count, buffer.base, { Unmanaged<ByteBuffer>.fromOpaque($0!).release() },
                Unmanaged.passRetained(buffer).toOpaque())
        case .stream(let stream):
            let source = StreamSource(stream, exchange)
            return MHD_create_response_from_callback(
                UInt64.max, streamBlockBytes,
                { context, _, out, max in
                    Unmanaged<StreamSource>.fromOpaque(context!).takeUnretainedValue().read(out!, max)
                }, Unmanaged.passRetained(source).toOpaque(),
                { Unmanaged<StreamSource>.fromOpaque($0!).takeRetainedValue().stream.clientLeft() })
        }
    }
}

/// A stream and the connection that it goes to.
private final class StreamSource {
    let stream: HTTPBodyStream
    private let connection: OpaquePointer
    private let owner: HTTPConnection
    private let server: ServerCore

    init(_ stream: HTTPBodyStream, _ exchange: HTTPExchange) {
        self.stream = stream
        connection = exchange.connection
        owner = exchange.owner
        server = exchange.server
    }

    func read(_ out: UnsafeMutablePointer<CChar>, _ max: Int) -> Int {
        // Asked for more: the client reads.
        owner.enter(.sending, deadline: Clock.monotonicMilliseconds() + UInt64(server.options.sendMilliseconds))
        return stream.read(into: out, max: max, connection, owner.bell)
    }
}
