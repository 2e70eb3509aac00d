import Events
import HTTPClient
import HTTPServer
import Insights
import Platform
import TestSupport
import Testing
import Warehouse

/// Insights on a free port of loopback, over the shared warehouse.
final class Desk: Sendable {
    let warehouse: WatchedWarehouse
    private let insights: Insights
    private let folder = Service.temporaryFolder()

    init(
        token: String? = nil, collector: String? = nil, backlog: [BacklogRow] = [], limits: QueryLimits = QueryLimits(),
        answerMilliseconds: Int = 60_000
    ) throws {
        warehouse = WatchedWarehouse(try #require(AnswerTests.engine))
        var options = InsightsOptions(adminToken: token, collectorSocket: collector ?? folder + "/none.sock")
        options.sqlLimits = limits
        var listen = HTTPServerOptions(address: .tcp(host: "127.0.0.1", port: 0), threads: 1)
        listen.answerMilliseconds = answerMilliseconds
        insights = try Insights(
            options: options, listen: listen, warehouse: warehouse, backlog: { backlog }, metrics: MetricsRegistry(),
            logger: quiet)
    }

    deinit {
        warehouse.release()
        insights.drain(milliseconds: 1000)
        _ = Service.shell("rm -rf '\(folder)'")
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(insights.port)\(path)" }

    func get(_ path: String, _ headers: [(String, String)] = []) throws -> HTTPClientResponse {
        try HTTPClient(timeoutMilliseconds: 60_000).request(
            "GET", url(path), headers: headers)
    }

    func sql(_ statement: String, path: String = "/v1/sql") throws -> HTTPClientResponse {
        let body = ByteBuffer(statement)
        return try withExtendedLifetime(body) {
            try HTTPClient(timeoutMilliseconds: 60_000).request(
                "POST", url(path), body: body.bytes)
        }
    }
}

/// The answers of several threads that ask at once, in any order.
final class Crowd<Answer: Sendable>: Sendable {
    private let answers = Condition<[Answer]>([])
    private let threads: [Thread]

    init(_ count: Int, _ ask: @escaping @Sendable () -> Answer) {
        let answers = answers
        threads = (0..<count).map { number in
            Thread("crowd \(number)") {
                let answer = ask()
                answers.withLock { $0.append(answer) }
            }
        }
    }

    /// What has been answered so far.
    var now: [Answer] { answers.withLock { $0 } }

    /// Waits for all.
    func wait() -> [Answer] {
        for thread in threads { thread.join() }
        return answers.withLock { $0 }
    }
}

/// Asks again until it holds; for what others bring about in their own time.
func eventually(
    within milliseconds: UInt64 = 60_000, sourceLocation: SourceLocation = #_sourceLocation, _ holds: () throws -> Bool
) async throws {
    let deadline = Clock.monotonicMilliseconds() + milliseconds
    while try !holds() {
        guard Clock.monotonicMilliseconds() < deadline else {
            Issue.record("not within \(milliseconds) ms", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
