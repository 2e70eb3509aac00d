public import Events
import Synchronization

extension EmbeddedWarehouse {
    /// Of one search: about 100 KB of statement.
    private static let copiesMax = 2_000
    private static let roundsMax = 64
    /// One search reads as much as two questions about everything with FINAL.
    private static let limits = QueryLimits(rowsMax: copiesMax, seconds: 120, memoryBytesMax: 512 << 20)

    public var copies: Copies {
        watches.withLock { watches in
            Copies(watches.mapValues(\.possible), changes: watches.values.reduce(0) { $0 + $1.changes })
        }
    }

    /// One thread at a time.
    public func removeCopies(of kind: EventKind) throws(WarehouseError) {
        let wanted = watches.withLock { $0[kind, default: CopyWatch()].beginSearch() }
        guard !wanted.isEmpty else { return }
        for _ in 0..<EmbeddedWarehouse.roundsMax {
            let salt = UInt64.random(in: 0 ... .max)
            let found = try searchCopies(of: kind, in: wanted, salt)
            let older = found.filter { !$0.digest.isEmpty }
            if older.isEmpty {
                // What arrived in one millisecond cannot be told apart: it stays with FINAL until a merge.
                guard found.count < EmbeddedWarehouse.copiesMax else { return }
                var left = HourSet()
                for copy in found { left.insert(unixMilliseconds: copy.identity.high >> 16) }
                return watches.withLock { $0[kind]?.endSearch(wanted, left: left) }
            }
            let statement = dialect.removeCopies(
                of: kind, in: wanted, salt: salt, numbers: older.map(\.number), digests: older.map(\.digest))
            try query("\(statement), log_comment = '\(ClientSession.markPrefix)'", format: "Null") { _ in }
        }
    }

    private struct FoundCopy {
        let number: String
        let digest: String
        let identity: UUID
    }

    private func searchCopies(of kind: EventKind, in hours: HourSet, _ salt: UInt64) throws(WarehouseError) -> [FoundCopy] {
        let sql = dialect.copies(of: kind, in: hours, salt: salt, limit: EmbeddedWarehouse.copiesMax)
        var rows = ""
        try stoppableQuery(sql, limits: EmbeddedWarehouse.limits) { rows = $0 }
        return try rows.split(separator: "\n").map { (line) throws(WarehouseError) in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3, let identity = UUID(fields[2]) else { throw .failed("a search for copies answered \(line)") }
            return FoundCopy(number: fields[0], digest: fields[1], identity: identity)
        }
    }

    // MARK: Inserts

    /// Runs an insert of events such that a search that goes on beside it knows.
    func watching<Result>(
        _ lines: UnsafeRawBufferPointer, _ target: InsertTarget, _ insert: () throws(WarehouseError) -> Result
    ) throws(WarehouseError) -> Result {
        guard case .events(let kind) = target else { return try insert() }
        let hours = HourSet(of: lines)
        let ticket = watches.withLock { $0[kind, default: CopyWatch()].begin(hours) }
        defer { watches.withLock { $0[kind]?.end(ticket) } }
        return try insert()
    }
}
