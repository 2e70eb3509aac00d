/// A stream of lines in the event log: one a kind of events, and one for what was refused.
public enum Topic: UInt8, CaseIterable, Hashable, Sendable {
    case clicks, pages, views, customEvents
    /// Requests that failed their checks, kept where `QUARANTINE_REJECTED` asks for it.
    case rejected

    /// The topic of a kind's events.
    public init(_ kind: EventKind) { self = Topic(rawValue: kind.rawValue)! }

    /// The kind whose events the topic carries; nil for `rejected`.
    public var kind: EventKind? { EventKind(rawValue: rawValue) }

    /// As it is called in the log, in Kafka and in the tables (published contract).
    public var name: String { kind?.topic ?? "rejected" }

    public init?(name: String) {
        guard let topic = Topic.allCases.first(where: { $0.name == name }) else { return nil }
        self = topic
    }
}
