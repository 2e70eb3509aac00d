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
    private let cached = Mutex<(text: String, at: UInt64)?>(nil)
    private static let freshMilliseconds: UInt64 = 900

    init(warehouse: any Warehouse, collector: CollectorProbe, backlog: @escaping @Sendable () -> [BacklogRow]) {
        self.warehouse = warehouse
        self.collector = collector
        self.backlog = backlog
    }

    func response() -> HTTPResponse {
        do {
            return HTTPResponse(.ok, json: ByteBuffer(try text()))
        } catch {
            return AdminError.warehouse(error).response
        }
    }

    private func text() throws(WarehouseError) -> String {
        let now = Clock.monotonicMilliseconds()
        if let cached = cached.withLock({ $0 }), now - cached.at < Overview.freshMilliseconds { return cached.text }
        let text = try make()
        cached.withLock { $0 = (text, now) }
        return text
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
