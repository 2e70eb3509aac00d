import Events

/// Something that does not balance, with the positions concerned.
public struct Finding: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// The log gave positions out for which the ledger has no row.
        case unaccounted
        /// The ledger says that the event is in its table, and it is not there.
        case missing
        /// The table holds the event more often than it came, or though it never came.
        case surplus
        /// Quarantine and ledger disagree.
        case quarantine
        /// The log lost it, and said so.
        case lost
    }

    public let kind: Kind
    public let topic: String
    /// For people: which events, which positions.
    public let text: String

    public init(_ kind: Kind, _ topic: String, _ text: String) {
        self.kind = kind
        self.topic = topic
        self.text = text
    }
}
