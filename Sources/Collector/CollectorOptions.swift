public import Events
public import Schemas

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
    /// Keep what fails its checks, within bounds; nil: do not.
    public var quarantine: QuarantineOptions?
    public var tail = TailOptions()
    public var rates = RateLimitOptions()
    /// What custom events are checked against; nil: nothing.
    public var schemas: SchemaRegistry?

    public init() {}
}

/// How much of what fails its checks is kept: a hostile client must not fill the disk with it. A bucket of 100 s lets the
/// burst through that a faulty release makes before somebody sees it.
public struct QuarantineOptions: Sendable {
    public var eventsPerSecond = 200
    public var bytesPerSecond = 128 << 10

    public init() {}
}
