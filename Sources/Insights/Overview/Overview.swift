import Events
import HTTPServer
import Platform
import Synchronization
import Warehouse

/// What waits in the log for one topic.
public struct BacklogRow: Sendable {
    public let topic: String
    public let events: Int64
    public let bytes: Int64
    public let oldestAgeMilliseconds: Int64

    public init(topic: String, events: Int64, bytes: Int64, oldestAgeMilliseconds: Int64) {
        self.topic = topic
        self.events = events
        self.bytes = bytes
        self.oldestAgeMilliseconds = oldestAgeMilliseconds
    }
}

/// GET /v1/insights/overview: the first page's numbers. However many look at it, it is worked out once in a while.
final class Overview: Sendable {
    private let warehouse: any Warehouse
    private let collector: CollectorProbe
    private let backlog: @Sendable () -> [BacklogRow]
    private let cached = Mutex<(answer: Result<String, WarehouseError>, at: UInt64)?>(nil)
    private static let freshMilliseconds: UInt64 = 900

    init(warehouse: any Warehouse, collector: CollectorProbe, backlog: @escaping @Sendable () -> [BacklogRow]) {
        self.warehouse = warehouse
        self.collector = collector
        self.backlog = backlog
    }

    func response() -> HTTPResponse {
        switch answer() {
        case .success(let text): HTTPResponse(.ok, json: ByteBuffer(text))
        case .failure(let error): AdminError.warehouse(error).response
        }
    }

    /// Who comes while it is worked out waits for that one; a failure is kept as long as an answer, for a warehouse in
    /// trouble needs the rest most.
    private func answer() -> Result<String, WarehouseError> {
        cached.withLock { cached in
            if let cached, Clock.monotonicMilliseconds() - cached.at < Overview.freshMilliseconds {
                return cached.answer
            }
            let answer = Result { () throws(WarehouseError) in try make() }
            cached = (answer, Clock.monotonicMilliseconds())
            return answer
        }
    }

    private func make() throws(WarehouseError) -> String {
        let head = try warehouse.text(
            "SELECT toString(\(OverviewQueries.start)) AS start, "
                + "formatDateTime(toDateTime(\(OverviewQueries.start), 'UTC'), '%FT%TZ', 'UTC') AS text"
        ).split(separator: "\t").map { String($0).trimmedLine }
        let kinds = try list(OverviewQueries.totals)
        let series = try counts()
        let latest = try list(OverviewQueries.latest)
        let perSecond = Double(lastStep(series)) / Double(OverviewQueries.stepSeconds)
        return """
            {"now":"\(Logger.timestamp(unixMilliseconds: Clock.unixMilliseconds()))","kinds":[\(kinds)],\
            "rate_per_second":\(perSecond),\
            "series":{"step_seconds":\(OverviewQueries.stepSeconds),"from":"\(head.last ?? "")","counts":{\
            \(series.map { "\"\($0.kind)\":\($0.counts)" }.joined(separator: ","))}},\
            "latest":[\(latest)],"backlog":[\(backlogs())],"collector":{"up":\(collector.isUp)},\
            "store":{"up":true,"memory_bytes":\(warehouse.engineMemoryBytes ?? 0)}}
            """
    }

    /// The rows of a statement as JSON objects, separated by commas.
    private func list(_ sql: String) throws(WarehouseError) -> String {
        try warehouse.text(sql, format: "JSONEachRow").split(separator: "\n").joined(separator: ",")
    }

    private func counts() throws(WarehouseError) -> [(kind: String, counts: String)] {
        try warehouse.text(OverviewQueries.series).split(separator: "\n").map { line in
            let parts = line.split(separator: "\t", maxSplits: 1)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "[]")
        }
    }

    private func lastStep(_ series: [(kind: String, counts: String)]) -> Int {
        series.reduce(0) { sum, kind in
            sum + (kind.counts.split { !$0.isNumber }.last.flatMap { Int($0) } ?? 0)
        }
    }

    private func backlogs() -> String {
        backlog().map {
            """
            {"topic":"\($0.topic)","events":\($0.events),"bytes":\($0.bytes),"oldest_age_ms":\($0.oldestAgeMilliseconds)}
            """
        }.joined(separator: ",")
    }
}

extension String {
    var trimmedLine: String { hasSuffix("\n") ? String(dropLast()) : self }
}
