import Events
public import HTTPServer
public import Platform
public import Warehouse
import WebAssets

public struct InsightsOptions: Sendable {
    /// What readers must bring (Authorization: Bearer); nil: nothing.
    public var adminToken: String?
    public var sqlLimits = QueryLimits()
    /// Of the statements that answer a question.
    public var answerLimits = QueryLimits(rowsMax: 20_000, seconds: 20, memoryBytesMax: 1 << 30)
    /// Where the collector of this machine tells its metrics, and what arrives.
    public var collectorSocket: String

    public init(adminToken: String?, collectorSocket: String) {
        self.adminToken = adminToken
        self.collectorSocket = collectorSocket
    }
}

/// The admin address: the dashboard and its API, SQL, metrics.
public final class Insights: Sendable {
    private let server: HTTPServer
    /// Threads of readers' SQL, and of the house's own answers: a long query of a reader's holds up neither the dashboard
    /// nor metrics and readiness.
    private let sqlThreads: QueryThreads
    private let ownThreads: QueryThreads
    private let operations: OperationEndpoint
    private let tail: TailRelay
    private static let threadsOfEach = 2

    /// - Parameters:
    ///   - backlog: what waits in the log, by topic.
    ///   - operations: what an operator may order over the admin address.
    public init(
        options: InsightsOptions, listen: HTTPServerOptions, warehouse: any Warehouse, operations: [Operation] = [],
        backlog: @escaping @Sendable () -> [BacklogRow], metrics: MetricsRegistry, logger: Logger
    ) throws(HTTPServerError) {
        let access = AdminAccess(token: options.adminToken)
        let sqlThreads = QueryThreads("sql", count: Insights.threadsOfEach)
        let ownThreads = QueryThreads("answers", count: Insights.threadsOfEach)
        (self.sqlThreads, self.ownThreads) = (sqlThreads, ownThreads)
        let collector = CollectorProbe(socket: options.collectorSocket)
        let overview = Overview(warehouse: warehouse, collector: collector, backlog: backlog)
        let operations = OperationEndpoint(operations)
        self.operations = operations
        let tail = TailRelay(socket: options.collectorSocket)
        self.tail = tail
        let sql = SQLEndpoint(warehouse: warehouse, limits: options.sqlLimits, queries: sqlThreads)
        let questions = QuestionEndpoint(warehouse: warehouse, limits: options.answerLimits, threads: ownThreads)

        let routes: [HTTPRoute] =
            [
                HTTPRoute(.post, "/v1/sql", body: SQLEndpoint.bodyLimit, admit: access.admit) { sql.handle($0) },
                HTTPRoute(.get, "/v1/sql", admit: access.admit) { sql.handle($0) },
                TailEndpoint.route(access, tail),
                HTTPRoute(.get, "/v1/insights/overview", admit: access.admit) { exchange in
                    let taken = ownThreads.run { exchange.answer(overview.response()) }
                    if !taken { exchange.answer(AdminError.busy.response) }
                },
                HTTPRoute(.get, "/v1/schemas", admit: access.admit) { exchange in
                    let taken = ownThreads.run {
                        exchange.answer(
                            collector.schemas().map { HTTPResponse(.ok, json: ByteBuffer($0)) }
                                ?? AdminError.collectorAway.response)
                    }
                    if !taken { exchange.answer(AdminError.busy.response) }
                },
                HTTPRoute(.get, "/metrics", admit: access.admit) { exchange in
                    let taken = ownThreads.run {
                        let text = collector.metrics() + metrics.render()
                        exchange.answer(
                            HTTPResponse(metrics: text))
                    }
                    if !taken { exchange.answer(AdminError.busy.response) }
                },
                HTTPRoute(.get, "/healthz") { $0.answer(HTTPResponse(.ok, json: ByteBuffer("{\"status\":\"ok\"}"))) },
                HTTPRoute(.get, "/readyz") { exchange in
                    let taken = ownThreads.run { exchange.answer(Insights.ready(warehouse)) }
                    if !taken { exchange.answer(AdminError.busy.response) }
                },
            ] + questions.routes(access) + operations.routes(access) + WebAssets.dashboardRoutes
            + WebAssets.documentRoutes

        let requests = RequestMetrics(metrics, prefix: "cinelog_admin", routes: routes)
        var listen = listen
        listen.fault = { AdminError.http($0).response }
        listen.observe = { requests.observe($0, status: $1, nanoseconds: $2) }
        server = try HTTPServer(options: listen, routes: routes, logger: logger)
    }

    public var port: Int { server.port }

    public func drain(milliseconds: Int) {
        // Live events never end by themselves.
        tail.close()
        server.drain(milliseconds: milliseconds)
        server.stop()
        sqlThreads.close()
        ownThreads.close()
        operations.close()
    }

    private static func ready(_ warehouse: any Warehouse) -> HTTPResponse {
        do {
            _ = try warehouse.text("SELECT 1")
            return HTTPResponse(.ok, json: ByteBuffer("{\"status\":\"ready\"}"))
        } catch {
            return AdminError.warehouse(error).response
        }
    }
}
