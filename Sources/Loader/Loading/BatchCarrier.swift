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
    /// - Parameters:
    ///   - isSuspect: the batch has failed so often that its lines are suspected, whatever the warehouse says.
    ///   - split: called once, with the warehouse's words, when the whole is refused, before it is taken apart.
    func carry(
        _ batch: LoadBatch, isSuspect: Bool, split: (String) throws(LoadFailure) -> Void
    ) throws(LoadFailure) -> Refusals {
        let now = Timestamp(unixMilliseconds: Clock.unixMilliseconds())
        defer { rows.clear(keeping: BatchCarrier.bytesKept) }
        var refusals: Refusals = [:]
        if let damage = batch.damage {
            for line in 0..<batch.lines.count where !batch.forgotten.contains(line) {
                refusals[line] = Refusal(source: .damaged, reason: damage)
            }
        } else if batch.topic.kind == nil {
            try insertRejected(batch, now)
        } else {
            refusals = try insertEvents(batch, isSuspect, split)
        }
        try quarantine(batch, refusals, now)
        try deliver(batch, refusals, now)
        return refusals
    }

    // MARK: Lines into their table

    private func insertEvents(
        _ batch: LoadBatch, _ isSuspect: Bool, _ split: (String) throws(LoadFailure) -> Void
    ) throws(LoadFailure) -> Refusals {
        let nameless = withoutIdentity(batch)
        if nameless.isEmpty, batch.forgotten.isEmpty, !batch.plan.isSplit {
            do {
                try batch.insert(
                    batch.lines.all, into: batch.target, token: batch.plan.token(batch.topic), warehouse)
                return [:]
            } catch {
                guard let reason = BatchCarrier.refusal(error, isSuspect) else { throw LoadFailure(error) }
                try split(reason)
            }
        }
        var bisection = Bisection(batch, without: nameless, warehouse) { BatchCarrier.refusal($0, isSuspect) }
        let refusals = try bisection.run()
        try believe(refusals, batch, isSuspect)
        return refusals
    }

    /// The warehouse's words, where an error is the lines' fault.
    private static func refusal(_ error: WarehouseError, _ isSuspect: Bool) -> String? {
        switch error {
        case .refusedContent(let reason): reason
        case .failed(let reason): isSuspect ? reason : nil
        case .unavailable, .badQuery, .limit: nil
        }
    }

    /// Where not one of several suspected lines went in, it is the warehouse that fails; and so where it cannot even be asked
    /// about its table.
    private func believe(_ refusals: Refusals, _ batch: LoadBatch, _ isSuspect: Bool) throws(LoadFailure) {
        guard isSuspect, refusals.count == batch.lines.count, let kind = batch.topic.kind else { return }
        guard batch.lines.count == 1 else {
            throw .unknown(refusals[0]?.reason ?? "every line of the batch fails")
        }
        do {
            _ = try warehouse.text("SELECT count() FROM \(warehouse.dialect.allRows(EventTable.of(kind))) WHERE 0")
        } catch {
            throw LoadFailure(error)
        }
    }

    /// Lines of others than the Collector may lack what makes an event one event: they would all collapse into one.
    private func withoutIdentity(_ batch: LoadBatch) -> Refusals {
        var refusals: Refusals = [:]
        for line in 0..<batch.lines.count where CanonicalLine.head(batch.text(line)) == nil {
            if !batch.forgotten.contains(line), reader.read(batch.text(line), batch.topic).eventID == .none {
                refusals[line] = Refusal(source: .refused, reason: "its event_id is missing or is no UUID")
            }
        }
        return refusals
    }

    // MARK: The ledger

    /// Notes positions that the log lost; answers how many. See `LostPositions`.
    func lose(_ positions: Range<Int64>, _ partition: TopicPartition, of log: UUID, behindKnown: Bool)
        throws(LoadFailure) -> Int64
    {
        do {
            return try LostPositions(warehouse).note(positions, partition, of: log, behindKnown: behindKnown)
        } catch {
            throw LoadFailure(error)
        }
    }

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
            try batch.insert(
                rows.bytes, into: target, token: "\(target)-\(batch.plan.token(batch.topic))\(refused)", warehouse)
        } catch {
            throw LoadFailure(error)
        }
    }

    /// FNV-1a over the refused lines' places: the same set gives the same token.
    private static func digest(_ refusals: Refusals) -> UInt64 {
        refusals.keys.sorted().reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
