import EventLog
public import Events

/// Which lines one insert takes: written down durably before the insert, so that after any interruption exactly the same
/// insert is made again, with the same deduplication token, and takes effect once.
public struct LoadPlan: Equatable, Sendable {
    public let first: Int64
    public let last: Int64
    /// Makes the token unique, also where positions begin again (a new log beside old tables).
    public let nonce: UUID

    public init(first: Int64, last: Int64, nonce: UUID) {
        self.first = first
        self.last = last
        self.nonce = nonce
    }

    public var count: Int { Int(last - first + 1) }

    /// As kept in the log's committed note: `first-last-nonce`.
    public var note: String { "\(first)-\(last)-\(nonce)" }

    /// Nil for a note that is no plan, letter for letter: a token made from it must be the one that was used before.
    public init?(note: String) {
        let parts = note.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let first = Int64(parts[0]), let last = Int64(parts[1]), first >= 0, last >= first,
            last < .max, let nonce = UUID(String(parts[2]))
        else { return nil }
        self.init(first: first, last: last, nonce: nonce)
        guard self.note == note else { return nil }
    }

    /// The insert's deduplication token. A part of the plan (after a bisection) has a token of its own.
    public func token(_ topic: Topic, _ part: Range<Int>? = nil) -> String {
        let whole = "\(topic.name)-\(note)"
        guard let part, part != 0..<count else { return whole }
        return "\(whole)-\(part.lowerBound)-\(part.upperBound)"
    }
}
