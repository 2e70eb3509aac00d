/// How much of what arrives those who look on are told. A person reads a few events a second: what is beyond is counted, so that
/// looking on costs collecting next to nothing.
public struct TailOptions: Sendable {
    public var listenersMax = 8
    /// Told and not yet read, for each listener.
    public var bufferBytesMax = 256 << 10
    /// For each listener; twice as many at once after a quiet moment.
    public var eventsPerSecond = 500
    /// A longer event is told by its head, a longer refused one by its beginning.
    public var eventBytesMax = 8_192
    /// A quiet stream gets a comment that often, so that nobody in between takes it for dead.
    public var keepAliveMilliseconds = 15_000

    public init() {}
}
