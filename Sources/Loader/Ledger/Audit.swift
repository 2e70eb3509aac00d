public import EventLog
import Events
import Platform
public import Warehouse

/// Holds the log's positions, the ledger and the tables against each other:
///
/// - every position that the log gave out up to where loading has come has its row in `deliveries`, without a gap;
/// - every event that was delivered is in its kind's table, and no row is there more often than it was delivered, or without
///   having been delivered;
/// - what the ledger says is in the quarantine is there, and nothing else is;
/// - nothing was lost.
///
/// Nothing may be loaded while it looks: whoever runs it holds the Loader. (With other loaders at work, what is on its way
/// shows up as a finding: run it again.)
public struct Audit: Sendable {
    private static let examplesMax = 20

    private let log: any EventLogReader
    private let warehouse: any Warehouse
    private let queries: AuditQueries

    public init(_ log: any EventLogReader, _ warehouse: any Warehouse) {
        self.log = log
        self.warehouse = warehouse
        queries = AuditQueries(dialect: warehouse.dialect, from: Audit.from(warehouse.dialect))
    }

    /// A day of grace: a table drops what is too old when it gets round to it.
    private static func from(_ dialect: Dialect) -> Int64 {
        let days = EventTable.all.map(dialect.days).filter { $0 > 0 } + [dialect.ledgerDays].filter { $0 > 0 }
        guard let least = days.min() else { return 0 }
        return max(0, Clock.unixMilliseconds() / 1000 - Int64(max(least - 1, 0)) * 86_400)
    }

    /// Everything that does not balance; empty: all is well.
    public func findings() throws(AuditError) -> [Finding] {
        var findings: [Finding] = []
        for topic in Topic.allCases { findings += try unaccounted(topic) }
        for kind in EventKind.allCases { findings += try unbalanced(kind) }
        findings += try quarantine()
        findings += try lost()
        return findings
    }

    /// topic, accepted, stored, duplicate, quarantined, forgotten, lost: as far as the ledger goes back.
    public func totals() throws(AuditError) -> [LedgerRow] { try ledger(AuditQueries.totals) }

    /// The same by hour, from `since` (Unix seconds) on.
    public func hours(since: Int64) throws(AuditError) -> [LedgerRow] { try ledger(queries.hours(since: since)) }

    // MARK: Positions

    private func unaccounted(_ topic: Topic) throws(AuditError) -> [Finding] {
        guard let log = try identity() else { return [] }
        var findings: [Finding] = []
        for partition in try reading({ () throws(ReadError) in try self.log.partitions(topic) }) {
            let next = try reading { () throws(ReadError) in try self.log.committed(partition) }.next
            guard next > 0 else { continue }
            let counts = try rows(queries.positions(topic, log, partition.partition, below: next)).first ?? []
            let numbers = counts.compactMap { Int64($0) }
            guard numbers.count == 3 else { throw .warehouse(.unavailable("no answer to the count of positions")) }
            let (count, least, greatest) = (numbers[0], numbers[1], numbers[2])
            if count == next - least, count > 0, greatest == next - 1 { continue }
            findings.append(try gaps(topic, log, partition.partition, next, count: count, greatest: greatest))
        }
        return findings
    }

    private func gaps(
        _ topic: Topic, _ log: UUID, _ partition: Int32, _ next: Int64, count: Int64, greatest: Int64
    ) throws(AuditError) -> Finding {
        let answer = queries.gaps(topic, log, partition, below: next, limit: Audit.examplesMax)
        var gaps = try rows(answer).compactMap { row -> String? in
            guard let first = Int64(row[0]), let end = Int64(row[1]) else { return nil }
            return Audit.span(first, end)
        }
        if count == 0 {
            gaps = [Audit.span(0, next)]
        } else if greatest < next - 1 {
            gaps.append(Audit.span(greatest + 1, next))
        }
        return Finding(
            .unaccounted, topic.name,
            "\(topic.name), partition \(partition): the ledger has no row for position\(gaps.count == 1 ? "" : "s") "
                + gaps.joined(separator: ", "))
    }

    private static func span(_ first: Int64, _ end: Int64) -> String {
        end - first == 1 ? "\(first)" : "\(first)…\(end - 1)"
    }

    /// Nil where there is no log yet.
    private func identity() throws(AuditError) -> UUID? {
        do {
            return try log.identity()
        } catch {
            if case .unavailable = error { return nil }
            throw .log(error)
        }
    }

    // MARK: Events

    private func unbalanced(_ kind: EventKind) throws(AuditError) -> [Finding] {
        let examples = try rows(queries.unbalanced(kind, limit: Audit.examplesMax))
        guard !examples.isEmpty else { return [] }
        let counts = try rows(queries.unbalancedCounts(kind)).first ?? []
        let places = try places(examples.map { $0[0] }, kind)
        var findings = examples.map { row in
            finding(kind, id: row[0], delivered: row[1], stored: row[2], places[row[0]] ?? "no position")
        }
        let all = counts.compactMap { Int($0) }.reduce(0, +)
        if all > examples.count {
            findings.append(
                Finding(
                    .missing, kind.topic,
                    "\(kind.topic): these are \(examples.count) of \(all) (\(counts[0]) missing, \(counts[1]) too often)"
                ))
        }
        return findings
    }

    private func finding(_ kind: EventKind, id: String, delivered: String, stored: String, _ places: String) -> Finding
    {
        if stored == "0" {
            return Finding(.missing, kind.topic, "\(kind.topic): event \(id) at \(places) is not in the table")
        }
        return Finding(
            .surplus, kind.topic,
            "\(kind.topic): event \(id) at \(places) is in the table \(stored) times, and came \(delivered) times")
    }

    /// `clicks 0/17, clicks 0/19` by event.
    private func places(_ eventIDs: [String], _ kind: EventKind) throws(AuditError) -> [String: String] {
        let found = try rows(queries.positions(of: eventIDs, kind)).map { row in
            (row[0], "\(row[1]) \(row[2])/\(row[3])")
        }
        return Dictionary(found) { $0 + ", " + $1 }
    }

    // MARK: Quarantine, losses

    private func quarantine() throws(AuditError) -> [Finding] {
        try rows(queries.quarantine(limit: Audit.examplesMax)).map { row in
            let fault = row[4] == "0" ? "is not there" : "is there, and the ledger does not know of it"
            return Finding(.quarantine, row[0], "quarantine: \(row[0]) \(row[1])/\(row[2]) \(fault)")
        }
    }

    private func lost() throws(AuditError) -> [Finding] {
        try rows(AuditQueries.lost).map { row in
            Finding(
                .lost, row[0],
                "\(row[0]), partition \(row[1]): \(row[4]) positions between \(row[2]) and \(row[3]) were lost by the log"
            )
        }
    }

    // MARK: Asking

    private func ledger(_ sql: String) throws(AuditError) -> [LedgerRow] { try rows(sql).compactMap(LedgerRow.init) }

    private func rows(_ sql: String) throws(AuditError) -> [[String]] {
        do {
            return try warehouse.text(sql).split(separator: "\n").map { line in
                line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            }
        } catch {
            throw .warehouse(error)
        }
    }

    private func reading<Result>(_ body: () throws(ReadError) -> Result) throws(AuditError) -> Result {
        do {
            return try body()
        } catch {
            throw .log(error)
        }
    }
}

/// Why an audit could not be made.
public enum AuditError: Error {
    case log(ReadError)
    case warehouse(WarehouseError)
}
