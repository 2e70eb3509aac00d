public import Events

/// Whom a verified token speaks for.
public struct Identity: Hashable, Sendable {
    /// The token's `sub`.
    public let userID: UUID

    public init(userID: UUID) { self.userID = userID }
}
