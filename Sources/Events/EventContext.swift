/// What the Collector knows of an event beside its body.
public struct EventContext: Sendable {
    /// From the verified token; nil for an anonymous event.
    public var userID: UUID?
    public var receivedAt: Timestamp
    /// The client's clock when it sent the request, where the request says it for all its events.
    public var sentAt: Timestamp?
    /// What is known before the event is read: `.bot` by its User-Agent; anything but `.good` is kept.
    public var verdict: Verdict
    /// The identity of an event that does not bring its own; nil: a new one.
    public var eventID: UUID?

    public init(userID: UUID? = nil, receivedAt: Timestamp, sentAt: Timestamp? = nil, verdict: Verdict = .good) {
        self.userID = userID
        self.receivedAt = receivedAt
        self.sentAt = sentAt
        self.verdict = verdict
    }
}

public enum EventOutcome: Equatable, Sendable {
    case accepted(UUID, EventKind)
    case rejected([EventError])
}
