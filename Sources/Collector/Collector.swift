public import EventLog
import Events
public import HTTPServer
public import Platform
import Schemas
import WebAssets

/// The way in: HTTP requests become durable lines in the event log.
///
/// Two servers: the public one, open to browsers, and a private one (a Unix socket, or an address of the operator's) with
/// the metrics, and with what the store may order.
public final class Collector: Sendable {
    private let server: HTTPServer
    private let privateServer: HTTPServer
    private let tail: Tail

    public init(
        options: CollectorOptions, listen: HTTPServerOptions, privately: HTTPServerOptions, log: any EventLogWriter,
        tokens: TokenVerifier?, keys: WriteKeys?, metrics: MetricsRegistry, logger: Logger
    ) throws(HTTPServerError) {
        let origins = Origins(options.origins)
        options.schemas?.measure(metrics)
        tail = Tail(options.tail)
        let ingest = Ingest(
            log: log,
            admission: Admission(
                origins: origins, tokens: tokens, keys: keys, anonymousEvents: options.anonymousEvents,
                limits: RateLimits(options.rates, metrics)),
            workspaces: WorkspacePool(options), metrics: IngestMetrics(metrics),
            rejects: options.quarantine.map { Rejects(log, $0, options.events, metrics) }, tail: tail, options: options)
        let routes = Collector.routes(ingest)
        let requests = RequestMetrics(metrics, routes: routes)

        var listen = listen
        listen.fault = { ClientError.http($0).response }
        listen.decorate = { origins.decorate($0, &$1) }
        listen.preflight = { origins.preflight($0, methods: "GET, HEAD, POST, OPTIONS") }
        listen.observe = { requests.observe($0, status: $1, nanoseconds: $2) }
        server = try HTTPServer(options: listen, routes: routes, logger: logger)
        Collector.measure(server, tail, metrics)

        var privately = privately
        privately.fault = { ClientError.http($0).response }
        privateServer = try HTTPServer(
            options: privately,
            routes: [Collector.metricsRoute(metrics), TailEndpoint.route(tail, options.tail)]
                + SchemasEndpoint.routes(options.schemas)
                + ScrubEndpoint.routes(log), logger: logger)
    }

    /// Where the public server listens.
    public var port: Int { server.port }

    public var connectionCount: Int { server.connectionCount }

    /// Takes no new connection, answers what has been begun (for at most `milliseconds`), then stops.
    public func drain(milliseconds: Int) {
        server.drain(milliseconds: milliseconds)
        server.stop()
        tail.close()
        privateServer.stop()
    }

    // MARK: Routes

    private static func routes(_ ingest: Ingest) -> [HTTPRoute] {
        EventKind.allCases.map { single($0, ingest) } + [
            batch("/v1/events", ingest, stores: true),
            batch("/v1/validate", ingest, stores: false),
            HTTPRoute(.get, "/v1/pixel.gif") { Pixel(ingest: ingest).handle($0) },
            HTTPRoute(.get, "/healthz") { $0.answer(Health.alive) },
            HTTPRoute(.get, "/readyz") {
                $0.answer(
                    Health.ready(
                        ingest.log.unavailableReason,
                        schemaProblems: ingest.options.schemas?.problems.count ?? 0))
            },
        ] + WebAssets.documentRoutes + WebAssets.trackerRoutes
    }

    private static func single(_ kind: EventKind, _ ingest: Ingest) -> HTTPRoute {
        let handler = SingleEvent(kind: kind, ingest: ingest)
        return HTTPRoute(
            .post, kind.path,
            body: .limited(wire: ingest.options.bodyBytesMax, decoded: ingest.options.events.lineBytesMax),
            admit: { ingest.admit($0, of: kind, media: [.json], named: "application/json") },
            handle: { handler.handle($0) })
    }

    private static func batch(_ path: String, _ ingest: Ingest, stores: Bool) -> HTTPRoute {
        let handler = Batch(ingest: ingest, stores: stores)
        return HTTPRoute(
            .post, path,
            body: .limited(wire: ingest.options.bodyBytesMax, decoded: ingest.options.decodedBytesMax),
            admit: {
                ingest.admit(
                    $0, of: nil, media: [.json, .lines, .text],
                    named: "application/json, application/x-ndjson or text/plain", stores: stores)
            },
            handle: { handler.handle($0) })
    }

    private static func metricsRoute(_ metrics: MetricsRegistry) -> HTTPRoute {
        HTTPRoute(.get, "/metrics") { exchange in
            exchange.answer(
                HTTPResponse(metrics: metrics.render()))
        }
    }

    private static func measure(_ server: HTTPServer, _ tail: Tail, _ metrics: MetricsRegistry) {
        metrics.gauge("cinelog_tail_listeners", "Who reads the live events.") { [("", Double(tail.listenerCount))] }
        metrics.gauge("cinelog_http_connections", "Open connections of the public server.") { [weak server] in
            [("", Double(server?.connectionCount ?? 0))]
        }
        metrics.total(
            "cinelog_http_connections_refused_total",
            "Connections closed at once, as their address had as many as it may (CONNECTIONS_MAX_PER_ADDRESS)."
        ) { [weak server] in [("", Double(server?.refusedConnections ?? 0))] }
        metrics.gauge("cinelog_http_body_bytes", "Request bodies in memory.") { [weak server] in
            [("", Double(server?.bodyBytesInFlight ?? 0))]
        }
    }
}
