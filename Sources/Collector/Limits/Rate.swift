/// So many events a second, and how many seconds' worth may come at once.
package struct Rate: Sendable {
    /// Nanoseconds that one event takes of a sender's time.
    let eventNanoseconds: UInt64
    /// How far ahead of the clock a sender may be: beyond it nothing more is taken.
    let aheadMax: UInt64
    /// How far ahead its events may put it. Beyond that they are forgiven: nobody is to wait for longer than this and `aheadMax`.
    static let debtMax: UInt64 = 3600 * 1_000_000_000

    /// - Parameter eventsPerSecond: 1 to 1,000,000.
    package init(eventsPerSecond: Int, burstSeconds: Int) {
        eventNanoseconds = 1_000_000_000 / UInt64(eventsPerSecond)
        aheadMax = UInt64(burstSeconds) * 1_000_000_000
    }
}

/// One sender's use of a rate: a token bucket, kept as the one moment at which it is full again ("generic cell rate algorithm", ITU-T
/// I.371). Before the clock it says nothing: such a sender need not be remembered.
package struct RateUse: Sendable {
    /// Monotonic nanoseconds, as `now` below.
    private(set) var fullAt: UInt64 = 0

    package init() {}

    /// Takes one event, or says after how many nanoseconds there is room for one.
    package mutating func take(_ rate: Rate, now: UInt64) -> UInt64? {
        let start = max(fullAt, now)
        if start - now + rate.eventNanoseconds > rate.aheadMax {
            return start - now + rate.eventNanoseconds - rate.aheadMax
        }
        fullAt = start + rate.eventNanoseconds
        return nil
    }

    /// Takes what has come already, in debt where it must.
    package mutating func charge(_ events: Int, _ rate: Rate, now: UInt64) {
        let ahead = max(fullAt, now) - now + UInt64(events) * rate.eventNanoseconds
        fullAt = now + min(ahead, rate.aheadMax + Rate.debtMax)
    }
}
