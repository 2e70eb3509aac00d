import Events
import HTTPServer
import Platform

/// One who looks on: what it wants to hear of, the bounded room in which that waits to be read, and how much did not fit.
struct TailListener {
    let filter: TailFilter
    let stream: HTTPBodyStream
    private var rate: TokenBucket
    private var saidAt = Clock.monotonicMilliseconds()
    /// Not told, and not yet told of.
    private(set) var dropped = 0
    private static let burstSeconds = 2

    init(_ filter: TailFilter, _ options: TailOptions) {
        self.filter = filter
        stream = HTTPBodyStream(bufferBytesMax: options.bufferBytesMax, endsWithClient: true)
        rate = TokenBucket(
            perSecond: options.eventsPerSecond, seconds: TailListener.burstSeconds, now: Clock.monotonicNanoseconds())
        say(": what arrives from here on\n\n")
    }

    /// Whether its rate allows one more event; counts the event where not.
    mutating func admits(now: UInt64) -> Bool {
        guard rate.hasAny(now: now) else {
            dropped += 1
            return false
        }
        rate.take(1)
        return true
    }

    /// Tells of one event, or counts it where there is no room.
    mutating func tell(_ frame: UnsafeRawBufferPointer) {
        if !offer(frame) { dropped += 1 }
    }

    /// From time to time: what was dropped meanwhile, or a sign of life.
    mutating func tick(keepAliveMilliseconds: Int) {
        if dropped > 0 {
            if say("event: dropped\ndata: {\"count\":\(dropped)}\n\n") { dropped = 0 }
        } else if Clock.monotonicMilliseconds() - saidAt >= UInt64(keepAliveMilliseconds) {
            say(": nothing new\n\n")
        }
    }

    @discardableResult
    private mutating func say(_ text: String) -> Bool {
        let bytes = ByteBuffer(text)
        return withExtendedLifetime(bytes) { offer(bytes.bytes) }
    }

    private mutating func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard stream.offer(bytes) else { return false }
        saidAt = Clock.monotonicMilliseconds()
        return true
    }
}
