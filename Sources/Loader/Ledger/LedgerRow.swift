/// What came for one topic (in one hour) and what became of it.
public struct LedgerRow: Sendable, Equatable {
    public let topic: String
    /// Unix seconds of the hour's beginning; nil for all hours together.
    public let hour: Int64?
    /// Lines that the log took.
    public let accepted: Int64
    /// Events in their table.
    public let stored: Int64
    /// Lines that repeat an event.
    public let duplicate: Int64
    public let quarantined: Int64
    public let forgotten: Int64
    public let lost: Int64

    /// From a row of `ledger`, with or without its hour; nil for anything else.
    init?(_ columns: [String]) {
        let numbers = columns.dropFirst().compactMap { Int64($0) }
        guard numbers.count == columns.count - 1, (6...7).contains(numbers.count) else { return nil }
        topic = columns[0]
        hour = numbers.count == 7 ? numbers[0] : nil
        let counts = Array(numbers.suffix(6))
        (accepted, stored, duplicate) = (counts[0], counts[1], counts[2])
        (quarantined, forgotten, lost) = (counts[3], counts[4], counts[5])
    }

    /// Nothing came that is not accounted for.
    public var isBalanced: Bool { accepted == stored + duplicate + quarantined + forgotten + lost }
}
