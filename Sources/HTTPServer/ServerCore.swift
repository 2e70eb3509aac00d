import CMicroHTTPD
import Compression
import Events
import Glibc
import Platform
import Synchronization

/// What happens to a request, step by step, called by libmicrohttpd's threads.
///
///     request line     begin        its deadline runs
///     head complete    head         framing, route, method, limits, admission: refused, or the body is read
///     body's pieces    receive      decoded, bounded
///     body complete    complete     handled; answered at once, or asked for its answer in each turn of the loop
///     answer sent      end          the connection is idle
final class ServerCore: Sendable {
    let options: HTTPServerOptions
    let registry: ConnectionRegistry
    private let routes: RouteTable
    private let bodyBytes = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)
    private let waking = Atomic<Int>(0)
    /// A refused request's body is read up to this length, so that the connection can be kept.
    private static let discardedBytesMax = 65_536

    init(_ options: HTTPServerOptions, _ routes: [HTTPRoute]) {
        self.options = options
        self.routes = RouteTable(routes)
        registry = ConnectionRegistry(options)
    }

    var bodyBytesInFlight: Int { bodyBytes.load(ordering: .relaxed) }

    // MARK: Steps

    /// The request line is there. What has dripped in before it counts: then the time runs already.
    func begin(_ owner: HTTPConnection, target: UnsafePointer<CChar>?) {
        let now = Clock.monotonicNanoseconds()
        owner.bell.turn.moved = true
        owner.begun = BegunRequest(startedAt: now, target: target)
        owner.begun.check()
        let moment = owner.moment
        if moment.phase == .idle {
            let deadline = now / 1_000_000 + UInt64(options.requestMilliseconds)
            // Otherwise the sweeper has just seen it begin, or ended it.
            _ = owner.change(moment, to: .receiving, deadline: deadline)
        }
    }

    /// The head is there: refuses the request, or has its body read.
    func head(_ exchange: HTTPExchange, _ line: RequestLine) -> MHD_Result {
        let framing = HeadLayout.framing(exchange, line)
        exchange.stage = .body
        if let why = framing.verdict(isHTTP11: line.isHTTP11) {
            return refuseAtOnce(exchange, options.fault(.ambiguousFraming(why)))
        }
        guard let refusal = refusal(exchange, line, framing) else { return .YES }
        if mayReadFirst(framing) {
            exchange.refusal = refusal
            return .YES
        }
        return refuseAtOnce(exchange, refusal)
    }

    /// A refusal of a small body comes after it, and the connection can go on.
    private func mayReadFirst(_ framing: FramingGuard) -> Bool {
        guard framing.hasBody else { return true }
        guard let length = framing.contentLength else { return false }
        return length == 0 || (length <= ServerCore.discardedBytesMax && !framing.expectsContinue)
    }

    private func refuseAtOnce(_ exchange: HTTPExchange, _ refusal: HTTPResponse) -> MHD_Result {
        exchange.stage = .refused
        exchange.owner.lingers.store(true, ordering: .relaxed)
        return send(refusal, exchange)
    }

    func step(
        _ exchange: HTTPExchange, upload: UnsafePointer<CChar>?, _ uploadCount: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        switch exchange.stage {
        case .body:
            exchange.owner.bell.turn.moved = true
            guard uploadCount.pointee > 0 else { return complete(exchange) }
            receive(exchange, UnsafeRawBufferPointer(start: upload, count: uploadCount.pointee))
            uploadCount.pointee = 0
            return exchange.owner.phase == .expired ? .NO : .YES
        case .handling:
            guard let response = exchange.ready else {
                exchange.askedInVain()
                return .YES
            }
            return send(response, exchange)
        case .refused, .sent:
            // What comes after an early answer is read and forgotten.
            uploadCount.pointee = 0
            return .YES
        }
    }

    /// Why the request is not read any further; nil when it is.
    private func refusal(_ exchange: HTTPExchange, _ line: RequestLine, _ framing: FramingGuard) -> HTTPResponse? {
        if cinelog_mhd_head_bytes(exchange.connection) > options.headerBytesMax {
            return options.fault(.headTooLarge(limit: options.headerBytesMax))
        }
        switch routes.match(line.path, exchange.method) {
        case .none:
            exchange.path = RouteTable.text(line.path)
            return options.fault(.notFound)
        case .otherMethods(let entry):
            exchange.routePath = entry.path
            exchange.path = entry.path
            if exchange.method == .options, let preflight = options.preflight { return preflight(exchange) }
            let allowed = entry.methods + (options.preflight == nil ? [] : [.options])
            return options.fault(.methodNotAllowed(allow: allowed))
        case .route(let route):
            exchange.route = route
            exchange.routePath = route.route.path
            exchange.path = route.isOpen ? RouteTable.text(line.path) : route.route.path
            if let fault = bodyFault(exchange, route.route, framing) { return options.fault(fault) }
            return route.route.admit?(exchange)
        }
    }

    /// What the head says of a body, held against what the route takes.
    private func bodyFault(_ exchange: HTTPExchange, _ route: HTTPRoute, _ framing: FramingGuard) -> HTTPFault? {
        guard case .limited(let wire, _) = route.body else {
            return framing.hasBody && framing.contentLength != 0 ? .unexpectedBody : nil
        }
        guard framing.hasBody else { return .lengthRequired }
        if let length = framing.contentLength, length > wire { return .bodyTooLarge(limit: wire) }
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
        guard exchange.fault == nil, exchange.refusal == nil,
            case .limited(let wire, let decoded)? = exchange.route?.route.body
        else { return }
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
        if let refusal = exchange.refusal { return send(refusal, exchange) }
        if HeadLayout.hasTrailers(exchange) { exchange.fault = .ambiguousFraming("fields follow the chunked body") }
        if exchange.fault == nil, let decoder = exchange.decoder {
            do { try decoder.finish() } catch { exchange.fault = ServerCore.fault(error, 0) }
        }
        if let fault = exchange.fault { return send(options.fault(fault), exchange) }
        exchange.body.reserve(JSONParser.padding)
        exchange.route?.route.handle(exchange)
        if let response = exchange.ready { return send(response, exchange) }
        exchange.awaitAnswer()
        return exchange.ready.map { send($0, exchange) } ?? .YES
    }

    // MARK: The answer

    private func send(_ response: HTTPResponse, _ exchange: HTTPExchange) -> MHD_Result {
        let sending = Clock.monotonicNanoseconds()
        exchange.endAwaiting()
        exchange.owner.bell.turn.moved = true
        if case .stream(let stream) = response.body { exchange.streams(stream) }
        let deadline = sending / 1_000_000 + UInt64(options.sendMilliseconds)
        guard exchange.owner.enter(.sending, deadline: deadline) else { return .NO }
        var response = response
        options.decorate?(exchange, &response)
        if isDraining || isCrowded { response.closesConnection = true }
        if exchange.stage == .handling { exchange.stage = .sent }
        options.observe?(exchange, response.status.code, sending - exchange.startedAt)
        guard let made = NativeResponse.make(response, exchange) else { return .NO }
        defer { MHD_destroy_response(made) }
        return MHD_queue_response(exchange.connection, UInt32(response.status.code), made)
    }

    /// The answer has been sent, or the connection has gone.
    func end(_ exchange: HTTPExchange) {
        bodyBytes.wrappingSubtract(exchange.countedBytes, ordering: .relaxed)
        exchange.countedBytes = 0
        // Refused by libmicrohttpd halfway.
        if exchange.stage == .body { exchange.owner.lingers.store(true, ordering: .relaxed) }
        exchange.leave()
        exchange.owner.enter(.idle, deadline: Clock.monotonicMilliseconds() + UInt64(options.idleMilliseconds))
    }

    // MARK: The end

    var isDraining: Bool { draining.load(ordering: .relaxed) }
    var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

    func drain(graceMilliseconds: Int) {
        draining.store(true, ordering: .relaxed)
        registry.drain(graceMilliseconds: graceMilliseconds)
    }

    /// Answers every request that still waits for its handler, cuts every stream, and lets no connection sleep from here on:
    /// libmicrohttpd aborts the process when it is stopped while one does.
    func wakeAll() {
        stopping.store(true, ordering: .sequentiallyConsistent)
        for exchange in registry.open {
            exchange.answer(options.fault(.shuttingDown))
            exchange.abortStream()
        }
        // Whoever answers just now does not take long: nothing blocks between the two counts.
        while waking.load(ordering: .sequentiallyConsistent) > 0 { usleep(100) }
    }

    /// Above half the connections none is kept open between requests: a kept one costs its whole pool, which libmicrohttpd
    /// zeroes after each request (24 KiB; one that has asked once only touches about 10). 10,000 connections, all of
    /// them busy, and 64 MiB of bodies stay below 256 MiB that way.
    private var isCrowded: Bool { registry.openConnections > options.connectionsMax / 2 }

    /// Wakes a connection that sleeps, as long as libmicrohttpd lives: `wakeAll` waits for it.
    func waking<Result>(_ body: () -> Result) -> Result {
        waking.wrappingAdd(1, ordering: .sequentiallyConsistent)
        defer { waking.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
        return body()
    }
}
