public import Events

/// What a collector may be told by settings.
public struct CollectorOptions: Sendable {
    /// Exact origins ("https://cinema.example") whose pages may send; `["*"]`: any, without cookies.
    public var origins: [String] = ["*"]
    /// Take events without a token.
    public var anonymousEvents = true
    public var bodyBytesMax = 1 << 20
    public var decodedBytesMax = 8 << 20
    public var batchEventsMax = 2000
    public var events = EventLimits()

    public init() {}
}
