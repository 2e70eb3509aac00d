import EventLog
import Events
import Platform
import Warehouse

/// Carries a batch into the warehouse: its lines into their table, what is refused into the quarantine, and a row for each
/// position into `deliveries`. Every insert has a token that follows from the plan, so that all of it may be done again
/// after an interruption at any point.
///
/// One batch at a time; keeps its memory from one to the next.
final class BatchCarrier {
    private static let bytesKept = 16 << 20

    private let warehouse: any Warehouse
    private let reader = LineFactsReader()
    private let rows = ByteBuffer()

    init(_ warehouse: any Warehouse) { self.warehouse = warehouse }

    /// Answers the lines that are in the quarantine instead of their table.
    ///
    /// - Parameter split: called once, with the warehouse's words, when the whole is refused for what it contains, before it
    ///   is taken apart.
    func carry(_ batch: LoadBatch, split: (String) throws(LoadFailure) -> Void) throws(LoadFailure) -> Refusals {
        let now = Timestamp(unixMilliseconds: Clock.unixMilliseconds())
        defer { rows.clear(keeping: BatchCarrier.bytesKept) }
        let refusals: Refusals
        if batch.topic.kind == nil {
            refusals = [:]
            try insertRejected(batch, now)
        } else {
            refusals = try insertEvents(batch, split)
            try quarantine(batch, refusals, now)
        }
        try deliver(batch, refusals, now)
        return refusals
    }

    // MARK: Lines into their table

    private func insertEvents(_ batch: LoadBatch, _ split: (String) throws(LoadFailure) -> Void) throws(LoadFailure)
        -> Refusals
    {
        var refusals = withoutIdentity(batch)
        if refusals.isEmpty, !batch.plan.isSplit {
            do {
                try warehouse.insert(
                    batch.lines.all, into: batch.target, token: batch.plan.token(batch.topic))
                return [:]
            } catch {
                guard case .refusedContent(let reason) = error else { throw LoadFailure(error) }
                try split(reason)
            }
        }
        var bisection = Bisection(batch, without: refusals, warehouse) {
            if case .refusedContent(let reason) = $0 { return reason }
            return nil
        }
        refusals = try bisection.run()
        return refusals
    }

    /// Lines of others than the Collector may lack what makes an event one event: they would all collapse into one.
    private func withoutIdentity(_ batch: LoadBatch) -> Refusals {
        var refusals: Refusals = [:]
        for line in 0..<batch.lines.count where CanonicalLine.head(batch.text(line)) == nil {
            if reader.read(batch.text(line), batch.topic).eventID == .none {
                refusals[line] = Refusal(source: .refused, reason: "its event_id is missing or is no UUID")
            }
        }
        return refusals
    }

    // MARK: The ledger

    private func insertRejected(_ batch: LoadBatch, _ now: Timestamp) throws(LoadFailure) {
        rows.clear()
        QuarantineRows(batch, reader, at: now).writeRejected(into: rows)
        try insert(into: .quarantine, batch, [:])
    }

    private func quarantine(_ batch: LoadBatch, _ refusals: Refusals, _ now: Timestamp) throws(LoadFailure) {
        guard !refusals.isEmpty else { return }
        rows.clear()
        QuarantineRows(batch, reader, at: now).write(refusals, into: rows)
        try insert(into: .quarantine, batch, refusals)
    }

    private func deliver(_ batch: LoadBatch, _ refusals: Refusals, _ now: Timestamp) throws(LoadFailure) {
        rows.clear()
        DeliveryRows(batch, reader, at: now).write(refusals, into: rows)
        try insert(into: .deliveries, batch, refusals)
    }

    /// What is refused may differ from one try to the next (an engine that was short of memory): then it is another insert,
    /// and the row with the same position that came last counts.
    private func insert(into target: InsertTarget, _ batch: LoadBatch, _ refusals: Refusals) throws(LoadFailure) {
        let refused = refusals.isEmpty ? "" : "-without-\(BatchCarrier.digest(refusals))"
        do {
            try warehouse.insert(
                rows.bytes, into: target, token: "\(target)-\(batch.plan.token(batch.topic))\(refused)")
        } catch {
            throw LoadFailure(error)
        }
    }

    /// FNV-1a over the refused lines' places: the same set gives the same token.
    private static func digest(_ refusals: Refusals) -> UInt64 {
        refusals.keys.sorted().reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
