public import Glibc

/// The two clocks of the house: wall-clock time for what is written down, monotonic time for deadlines.
public enum Clock {
    /// Milliseconds since 1970-01-01T00:00:00Z, as the system's clock has it. May step.
    @inlinable
    public static func unixMilliseconds() -> Int64 {
        let now = read(CLOCK_REALTIME)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// Nanoseconds since some moment in the past; never steps back.
    @inlinable
    public static func monotonicNanoseconds() -> UInt64 {
        let now = read(CLOCK_MONOTONIC)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    /// Milliseconds of the monotonic clock.
    @inlinable
    public static func monotonicMilliseconds() -> UInt64 { monotonicNanoseconds() / 1_000_000 }

    @usableFromInline
    static func read(_ clock: clockid_t) -> timespec {
        var now = timespec()
        clock_gettime(clock, &now)
        return now
    }
}
