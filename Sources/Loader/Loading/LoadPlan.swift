import EventLog
public import Events

/// Which lines one insert takes: written down durably before the insert, so that after any interruption exactly the same
/// insert is made again, with the same deduplication token, and takes effect once.
public struct LoadPlan: Equatable, Sendable {
    public let first: Int64
    public let last: Int64
    /// Makes the token unique, also where positions begin again (a new log beside old tables).
    public let nonce: UUID
    /// The whole was refused: its parts are inserted, each with a token of its own, and never the whole again.
    public private(set) var isSplit = false

    private static let splitMark = "+split"

    public init(first: Int64, last: Int64, nonce: UUID) {
        self.first = first
        self.last = last
        self.nonce = nonce
    }

    public var count: Int { Int(last - first + 1) }

    /// The same plan, to be carried out in parts.
    public var split: LoadPlan {
        var plan = self
        plan.isSplit = true
        return plan
    }

    /// As kept in the log's committed note: `first-last-nonce`, with `+split` behind it for parts.
    public var note: String { name + (isSplit ? LoadPlan.splitMark : "") }

    private var name: String { "\(first)-\(last)-\(nonce)" }

    /// Nil for a note that is no plan, letter for letter: a token made from it must be the one that was used before.
    public init?(note: String) {
        let isSplit = note.hasSuffix(LoadPlan.splitMark)
        let name = isSplit ? note.dropLast(LoadPlan.splitMark.count) : Substring(note)
        let parts = name.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let first = Int64(parts[0]), let last = Int64(parts[1]), first >= 0, last >= first,
            last < .max, let nonce = UUID(String(parts[2]))
        else { return nil }
        self.init(first: first, last: last, nonce: nonce)
        self.isSplit = isSplit
        guard self.note == note else { return nil }
    }

    /// The insert's deduplication token. A part of the plan (after a bisection) has a token of its own.
    public func token(_ topic: Topic, _ part: Range<Int>? = nil) -> String {
        let whole = "\(topic.name)-\(name)"
        guard let part, part != 0..<count else { return whole }
        return "\(whole)-\(part.lowerBound)-\(part.upperBound)"
    }
}
