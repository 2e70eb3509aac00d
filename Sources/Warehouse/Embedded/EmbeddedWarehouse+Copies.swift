public import Events
import Synchronization

extension EmbeddedWarehouse {
    /// Taken out by one statement, which has 100 KB then.
    private static let copiesMax = 2_000
    /// Looked at in one go, of 65,536: so little of a table is held in memory.
    private static let partsMax = 1_000
    private static let roundsMax = 32
    /// One search reads as much as two questions about everything with FINAL.
    private static let limits = QueryLimits(rowsMax: copiesMax, seconds: 120, memoryBytesMax: 512 << 20)

    public var copies: Copies {
        watches.withLock { watches in
            Copies(watches.mapValues(\.doubtful), changes: watches.values.reduce(0) { $0 + $1.changes })
        }
    }

    /// One thread at a time.
    public func removeCopies(of kind: EventKind) throws(WarehouseError) {
        let wanted = watches.withLock { $0[kind, default: CopyWatch()].beginSearch() }
        guard !wanted.isEmpty else { return }
        for _ in 0..<EmbeddedWarehouse.roundsMax {
            // Few slices are grouped as they are; of all the events first the parts are looked for that are worth it.
            let parts = wanted.isAll ? try partsWithCopies(of: kind) : nil
            let left = parts == [] ? SliceSet() : try removeCopies(of: kind, in: wanted, parts)
            guard let left else { continue }
            // Where there is more than that, the rest has not been looked at.
            guard (parts ?? []).count < EmbeddedWarehouse.partsMax, !left.isAll else { return }
            let heavy = try rows(dialect.heavySlices(of: kind, in: wanted, rows: CopyWatch.heavyRows))
                .compactMap { UInt32($0[0]) }
            return watches.withLock { $0[kind]?.endSearch(wanted, left: left, heavy: heavy) }
        }
    }

    private func partsWithCopies(of kind: EventKind) throws(WarehouseError) -> [String] {
        try rows(dialect.partsWithCopies(of: kind, limit: EmbeddedWarehouse.partsMax)).map { $0[0] }
    }

    /// Nil: copies were taken out, and there may be more. Else the slices of those that cannot be told apart, since they arrived in
    /// one millisecond: they stay with FINAL until a merge.
    private func removeCopies(of kind: EventKind, in slices: SliceSet, _ parts: [String]?) throws(WarehouseError)
        -> SliceSet?
    {
        let salt = UInt64.random(in: 0 ... .max)
        let found = try rows(
            dialect.copies(of: kind, in: slices, parts: parts, salt: salt, limit: EmbeddedWarehouse.copiesMax))
        let older = found.filter { !$0[1].isEmpty }
        guard older.isEmpty else {
            let statement = dialect.removeCopies(
                of: kind, in: slices, salt: salt, numbers: older.map { $0[0] }, digests: older.map { $0[1] })
            try query("\(statement), log_comment = '\(ClientSession.markPrefix)'", format: "Null") { _ in }
            return nil
        }
        guard found.count < EmbeddedWarehouse.copiesMax else { return .all }
        var left = SliceSet()
        for copy in found { if let identity = UUID(copy[2]) { left.insert(SliceSet.slice(identity)) } }
        return left
    }

    /// An answer's rows and fields.
    private func rows(_ sql: String) throws(WarehouseError) -> [[String]] {
        try stoppableText(sql, limits: EmbeddedWarehouse.limits).split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    // MARK: Inserts

    /// Runs an insert of events such that a search that goes on beside it knows.
    func watching<Result>(
        _ lines: UnsafeRawBufferPointer, _ target: InsertTarget, _ insert: () throws(WarehouseError) -> Result
    ) throws(WarehouseError) -> Result {
        guard case .events(let kind) = target else { return try insert() }
        let (slices, count) = SliceSet.of(lines)
        let ticket = watches.withLock { $0[kind, default: CopyWatch()].begin(slices, rows: count) }
        defer { watches.withLock { $0[kind]?.end(ticket) } }
        return try insert()
    }
}
