import EventLog
import Events
import Warehouse

/// Finds the lines of a batch that the warehouse refuses for their content, by halves; the others land in their table. Each
/// part has a token that follows from the plan, so a repetition changes nothing.
struct Bisection {
    /// Inserts for one batch. A batch so bad that they do not suffice is not taken apart any further: what is left of its
    /// refused parts is quarantined whole, good lines with bad ones, to be replayed.
    static let insertsMax = 2_000

    private let batch: LoadBatch
    private let warehouse: any Warehouse
    /// Whether an insert's error is a refusal of what it holds.
    private let isRefusal: (WarehouseError) -> String?
    private var insertsLeft = Bisection.insertsMax
    private var refusals: Refusals

    /// - Parameter refusals: lines that are not to be inserted at all.
    init(
        _ batch: LoadBatch, without refusals: Refusals, _ warehouse: any Warehouse,
        isRefusal: @escaping (WarehouseError) -> String?
    ) {
        self.batch = batch
        self.refusals = refusals
        self.warehouse = warehouse
        self.isRefusal = isRefusal
    }

    /// Answers every line that is not in the table.
    mutating func run() throws(LoadFailure) -> Refusals {
        // Between lines that are out already lie runs of lines that may be good.
        var start = 0
        for line in batch.forgotten.union(refusals.keys).sorted() + [batch.lines.count] {
            if line > start { try insert(start..<line, isWhole: start == 0 && line == batch.lines.count) }
            start = line + 1
        }
        return refusals
    }

    /// The whole is known to be refused: it begins with its halves.
    private mutating func insert(_ part: Range<Int>, isWhole: Bool = false) throws(LoadFailure) {
        if isWhole, part.count > 1 { return try halve(part) }
        // A batch of many bad lines takes long: an order to stop is looked at before each part.
        guard !Task.isCancelled else { throw .cancelled }
        guard insertsLeft > 0 else { return refuse(part, "among \(part.count) lines that were refused together") }
        insertsLeft -= 1
        do {
            try batch.insert(
                batch.lines[part], into: batch.target, token: batch.plan.token(batch.topic, part), warehouse)
        } catch {
            guard let reason = isRefusal(error) else { throw LoadFailure(error) }
            if part.count == 1 { refuse(part, reason) } else { try halve(part) }
        }
    }

    private mutating func halve(_ part: Range<Int>) throws(LoadFailure) {
        let middle = part.lowerBound + part.count / 2
        try insert(part.lowerBound..<middle)
        try insert(middle..<part.upperBound)
    }

    private mutating func refuse(_ part: Range<Int>, _ reason: String) {
        for line in part { refusals[line] = Refusal(source: .refused, reason: reason) }
    }
}
