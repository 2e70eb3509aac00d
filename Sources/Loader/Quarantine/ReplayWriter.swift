import Events
import Platform
import Warehouse

/// Writes what became of a page: each insert under a token of its own, made from the rows' positions.
final class ReplayWriter {
    private let warehouse: any Warehouse
    private let out = ByteBuffer()

    /// A query's text has a limit (256 KiB); events are asked for in parts well below it.
    private static let queryBytesMax = 100_000

    init(_ warehouse: any Warehouse) { self.warehouse = warehouse }

    // MARK: What is there already

    /// Moves events that are in their table from `passed` to `stored`.
    func findStored(_ batch: inout ReplayBatch, _ check: Recheck) throws(WarehouseError) {
        var found: Set<UUID> = []
        for kind in EventKind.allCases {
            var part = StoredQuery(kind)
            for event in batch.passed where event.kind == kind {
                part.add(event, check)
                if part.byteCount > ReplayWriter.queryBytesMax { try ask(&part, &found) }
            }
            try ask(&part, &found)
        }
        batch.stored = batch.passed.filter { found.contains($0.eventID) }
        batch.passed.removeAll { found.contains($0.eventID) }
    }

    private func ask(_ part: inout StoredQuery, _ found: inout Set<UUID>) throws(WarehouseError) {
        guard part.byteCount > 0 else { return }
        let answer = try warehouse.text(part.sql)
        for line in answer.split(separator: "\n") {
            if let id = UUID(String(line)) { found.insert(id) }
        }
        part = StoredQuery(part.kind)
    }

    // MARK: Events

    /// Inserts what passed; what the table refuses moves to `failed`.
    func insertEvents(_ batch: inout ReplayBatch, _ check: Recheck) throws(WarehouseError) {
        for kind in EventKind.allCases {
            var insertion = ReplayInsertion(kind, batch.stream, check, warehouse)
            try insertion.run(batch.passed.filter { $0.kind == kind })
            let positions = Set(insertion.refused.map(\.event.row.position))
            batch.passed.removeAll { positions.contains($0.row.position) }
            batch.failed += insertion.refused.map { ($0.event.row, EventError(field: "", message: $0.reason)) }
        }
    }

    // MARK: Ledger and quarantine

    /// Says of each position what became of it: first in the ledger, then in the quarantine itself, after which a replay does
    /// not look at it again.
    func note(_ batch: ReplayBatch) throws(WarehouseError) {
        let now = Timestamp(unixMilliseconds: Clock.unixMilliseconds())
        let done = batch.passed + batch.stored
        out.clear()
        for event in done { writeDelivery(event, batch.stream, now) }
        try insertNoted(.deliveries, batch.stream, done.map(\.row.position), now)
        out.clear()
        for event in done {
            let moment = event.row.nextVersion(now: now)
            event.row.write(batch.stream, nil, at: moment, replayedAt: moment, into: out)
        }
        let changed = batch.failed.filter { $0.row.field != $0.error.field || $0.row.reason != $0.error.message }
        for (row, error) in changed {
            row.write(batch.stream, error, at: row.nextVersion(now: now), replayedAt: nil, into: out)
        }
        try insertNoted(.quarantine, batch.stream, (done.map(\.row) + changed.map(\.row)).map(\.position), now)
    }

    /// TabSeparated, in the table's order of columns.
    private func writeDelivery(_ event: PassedEvent, _ stream: QuarantineStream, _ now: Timestamp) {
        let row = event.row
        out.append("\(stream.topic)\t\(stream.log)\t\(stream.partition)\t\(row.position)\t")
        out.append("\(event.kind.type)\t\(event.eventID)\t")
        out.appendClickHouse(row.receivedAt)
        out.append("\t\(DeliveryOutcome.replayed.rawValue)\t")
        out.appendClickHouse(row.nextVersion(now: now))
        out.append("\n")
    }

    private func insertNoted(
        _ target: InsertTarget, _ stream: QuarantineStream, _ positions: [Int64], _ now: Timestamp
    ) throws(WarehouseError) {
        guard out.count > 0 else { return }
        // Each version of a row is an insert of its own.
        let token = "\(stream.token("\(target)", positions))-\(now.unixMilliseconds)"
        try warehouse.insert(out.bytes, into: target, token: token)
    }
}

/// Asks which of some events a kind's table has. By the leading key too, which a table is ordered by: by the identity alone
/// the whole table would be read.
struct StoredQuery {
    let kind: EventKind
    private var leading: [String] = []
    private var identifiers: [String] = []
    private(set) var byteCount = 0

    init(_ kind: EventKind) { self.kind = kind }

    mutating func add(_ event: PassedEvent, _ check: Recheck) {
        let key = check.value(event)?[StoredQuery.leadingKey(kind)]?.string ?? ""
        leading.append("'\(key.sqlEscaped)'")
        identifiers.append("'\(event.eventID)'")
        byteCount += key.utf8.count + 64
    }

    var sql: String {
        "SELECT toString(event_id) FROM \(kind.topic) WHERE \(StoredQuery.leadingKey(kind)) IN "
            + "(\(leading.joined(separator: ","))) AND event_id IN (\(identifiers.joined(separator: ",")))"
    }

    private static func leadingKey(_ kind: EventKind) -> String {
        guard case .event(let leading, _) = EventTable.of(kind).key else { return "event_id" }
        return leading
    }
}
