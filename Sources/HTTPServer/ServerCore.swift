import CMicroHTTPD
import Compression
import Events
import Glibc
import Platform
import Synchronization

/// What happens to a request, step by step, called by libmicrohttpd's threads.
///
///     request line     begin        the exchange is made, its deadline runs
///     head complete    head         framing, route, method, limits, admission: refused here, or the body is read
///     body's pieces    receive      decoded, bounded
///     body complete    complete     handled; answered at once, or suspended until it is
///     answer sent      end          the connection is idle
final class ServerCore: Sendable {
    let options: HTTPServerOptions
    let registry: ConnectionRegistry
    private let routes: RouteTable
    private let bodyBytes = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)

    init(_ options: HTTPServerOptions, _ routes: [HTTPRoute]) {
        self.options = options
        self.routes = RouteTable(routes)
        registry = ConnectionRegistry(options)
    }

    var bodyBytesInFlight: Int { bodyBytes.load(ordering: .relaxed) }

    func drain() {
        draining.store(true, ordering: .relaxed)
        registry.drain()
    }

    // MARK: Steps

    /// The request line is there.
    func begin(_ owner: HTTPConnection) {
        owner.enter(.receiving, deadline: Clock.monotonicMilliseconds() + UInt64(options.requestMilliseconds))
    }

    func step(
        _ exchange: HTTPExchange, version: UnsafePointer<CChar>, upload: UnsafePointer<CChar>?,
        _ uploadCount: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        switch exchange.stage {
        case .head: return head(exchange, version)
        case .body:
            guard uploadCount.pointee > 0 else { return complete(exchange) }
            receive(exchange, UnsafeRawBufferPointer(start: upload, count: uploadCount.pointee))
            uploadCount.pointee = 0
            return .YES
        case .handling:
            guard let response = exchange.ready else { return .NO }
            return send(response, exchange)
        case .refused, .sent:
            // What comes after an early answer is read and forgotten.
            uploadCount.pointee = 0
            return .YES
        }
    }

    private func head(_ exchange: HTTPExchange, _ version: UnsafePointer<CChar>) -> MHD_Result {
        if let refusal = refusal(exchange, version) {
            exchange.stage = .refused
            return send(refusal, exchange)
        }
        exchange.stage = .body
        return .YES
    }

    /// Why the request is not read any further; nil when it is.
    private func refusal(_ exchange: HTTPExchange, _ version: UnsafePointer<CChar>) -> HTTPResponse? {
        let framing = framing(exchange)
        if let why = framing.verdict(version: version) { return options.fault(.ambiguousFraming(why)) }
        if framing.bytes > options.headerBytesMax {
            return options.fault(.headTooLarge(limit: options.headerBytesMax))
        }
        switch routes.match(exchange.path, exchange.method) {
        case .none: return options.fault(.notFound)
        case .otherMethods(let allowed):
            exchange.routePath = exchange.path
            if exchange.method == .options, let preflight = options.preflight { return preflight(exchange) }
            return options.fault(.methodNotAllowed(allow: allowed + (options.preflight == nil ? [] : [.options])))
        case .route(let route):
            exchange.route = route
            exchange.routePath = route.path
            if let fault = bodyFault(exchange, route, framing) { return options.fault(fault) }
            return route.admit?(exchange)
        }
    }

    private func framing(_ exchange: HTTPExchange) -> FramingGuard {
        final class Box { var framing = FramingGuard() }
        let box = Box()
        MHD_get_connection_values_n(
            exchange.connection, .HEADER_KIND,
            { context, _, key, keyCount, value, valueCount in
                Unmanaged<Box>.fromOpaque(context!).takeUnretainedValue().framing.add(
                    name: UnsafeRawBufferPointer(start: key, count: key == nil ? 0 : keyCount),
                    value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount))
                return .YES
            }, Unmanaged.passUnretained(box).toOpaque())
        return box.framing
    }

    /// What the head says of a body, held against what the route takes.
    private func bodyFault(_ exchange: HTTPExchange, _ route: HTTPRoute, _ framing: FramingGuard) -> HTTPFault? {
        let length = exchange.header("Content-Length").flatMap { Int($0) }
        guard case .limited(let wire, _) = route.body else {
            return framing.hasBody && length != 0 ? .unexpectedBody : nil
        }
        guard framing.hasBody else { return .lengthRequired }
        if let length, length > wire { return .bodyTooLarge(limit: wire) }
        return exchange.withHeader("Content-Encoding") { encoding in
            guard let encoding, !FramingGuard.equal(encoding, "identity") else { return nil }
            guard FramingGuard.equal(encoding, "gzip") || FramingGuard.equal(encoding, "x-gzip") else {
                return .unsupportedEncoding(String(decoding: encoding, as: UTF8.self))
            }
            exchange.decoder = GzipDecoder()
            return nil
        }
    }

    // MARK: The body

    private func receive(_ exchange: HTTPExchange, _ bytes: UnsafeRawBufferPointer) {
        guard exchange.fault == nil, case .limited(let wire, let decoded)? = exchange.route?.body else { return }
        exchange.wireBytes += bytes.count
        if exchange.wireBytes > wire { return fail(exchange, .bodyTooLarge(limit: wire)) }
        if let decoder = exchange.decoder {
            do {
                try decoder.decode(bytes, into: exchange.body, max: decoded)
            } catch {
                return fail(exchange, ServerCore.fault(error, decoded))
            }
        } else {
            exchange.body.append(bytes)
            if exchange.body.count > decoded { return fail(exchange, .decodedTooLarge(limit: decoded)) }
        }
        count(exchange)
    }

    private static func fault(_ error: GzipError, _ limit: Int) -> HTTPFault {
        switch error {
        case .tooLarge: .decodedTooLarge(limit: limit)
        case .malformed(let why): .badEncoding(why)
        }
    }

    /// The rest of the body is read (the deadline bounds it) and forgotten; then the fault is told.
    private func fail(_ exchange: HTTPExchange, _ fault: HTTPFault) {
        exchange.fault = fault
        exchange.body.clear(keeping: 0)
        count(exchange)
    }

    /// Keeps the sum of all bodies in memory, and its bound.
    private func count(_ exchange: HTTPExchange) {
        let more = exchange.body.count - exchange.countedBytes
        let total = bodyBytes.wrappingAdd(more, ordering: .relaxed).newValue
        exchange.countedBytes = exchange.body.count
        if more > 0, total > options.bodyBytesInFlightMax, exchange.fault == nil { fail(exchange, .overloaded) }
    }

    private func complete(_ exchange: HTTPExchange) -> MHD_Result {
        exchange.stage = .handling
        if exchange.fault == nil, let decoder = exchange.decoder {
            do { try decoder.finish() } catch { exchange.fault = ServerCore.fault(error, 0) }
        }
        if let fault = exchange.fault { return send(options.fault(fault), exchange) }
        exchange.body.reserve(JSONParser.padding)
        exchange.route?.handle(exchange)
        if let response = exchange.ready { return send(response, exchange) }
        exchange.suspend()
        return .YES
    }

    // MARK: The answer

    private func send(_ response: HTTPResponse, _ exchange: HTTPExchange) -> MHD_Result {
        var response = response
        options.decorate?(exchange, &response)
        if draining.load(ordering: .relaxed) { response.closesConnection = true }
        if exchange.stage == .handling { exchange.stage = .sent }
        let sending = Clock.monotonicNanoseconds()
        exchange.owner.enter(.sending, deadline: sending / 1_000_000 + UInt64(options.sendMilliseconds))
        options.observe?(exchange, response.status.code, sending - exchange.startedAt)
        guard let made = NativeResponse.make(response, exchange) else { return .NO }
        defer { MHD_destroy_response(made) }
        return MHD_queue_response(exchange.connection, UInt32(response.status.code), made)
    }

    /// The answer has been sent, or the connection has gone.
    func end(_ exchange: HTTPExchange) {
        bodyBytes.wrappingSubtract(exchange.countedBytes, ordering: .relaxed)
        exchange.countedBytes = 0
        exchange.owner.exchange.withLock { $0 = nil }
        exchange.owner.enter(.idle, deadline: Clock.monotonicMilliseconds() + UInt64(options.idleMilliseconds))
        if case .stream(let stream) = exchange.ready?.body { stream.clientLeft() }
    }
}
