/// When a batch is closed: whichever comes first.
public struct LoaderOptions: Sendable {
    public var eventsMax = 50_000
    public var bytesMax = 32 << 20
    /// Age of the oldest waiting event.
    public var ageMaxMilliseconds = 500
    /// How often a quiet log is looked at.
    public var pollMilliseconds = 50

    public init() {}
}
