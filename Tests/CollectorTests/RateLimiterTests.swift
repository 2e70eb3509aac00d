import Collector
import Testing

/// The count itself, by a clock of the test's.
@Suite struct RateLimiterTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func `a bucket lets its burst through, then its rate, and is full again after its burst's time`() {
        let rate = Rate(eventsPerSecond: 10, burstSeconds: 3)
        var use = RateUse()
        let start = 5 * RateLimiterTests.second
        for number in 0..<30 { #expect(use.take(rate, now: start) == nil, "event \(number)") }
        #expect(use.take(rate, now: start) == RateLimiterTests.second / 10)
        // A refusal costs nothing: the wait is still the same, and shrinks with the clock.
        #expect(use.take(rate, now: start + RateLimiterTests.second / 20) == RateLimiterTests.second / 20)
        for tenth in 1...50 {
            let now = start + UInt64(tenth) * RateLimiterTests.second / 10
            #expect(use.take(rate, now: now) == nil && use.take(rate, now: now) != nil, "tenth \(tenth)")
        }
        let later = start + 8 * RateLimiterTests.second
        for number in 0..<30 { #expect(use.take(rate, now: later) == nil, "event \(number)") }
        #expect(use.take(rate, now: later) != nil)
    }

    @Test func `a debt is waited for, and forgiven past an hour`() {
        let rate = Rate(eventsPerSecond: 1, burstSeconds: 10)
        var use = RateUse()
        #expect(use.take(rate, now: 0) == nil)
        use.charge(1_999, rate, now: 0)
        // 2,000 of 10: 1,990 s, and room for one more.
        #expect(use.take(rate, now: 0) == 1_991 * RateLimiterTests.second)
        #expect(use.take(rate, now: 1_990 * RateLimiterTests.second) == RateLimiterTests.second)
        #expect(use.take(rate, now: 1_991 * RateLimiterTests.second) == nil)
        for _ in 0..<1_000 { use.charge(100_000, rate, now: 2_000 * RateLimiterTests.second) }
        #expect(use.take(rate, now: 2_000 * RateLimiterTests.second) == 3_601 * RateLimiterTests.second)
    }

    @Test func `a sender who waits as long as he is told is let in`() {
        let limiter = RateLimiter(Rate(eventsPerSecond: 3, burstSeconds: 1))
        let sender = SenderID(high: 1, low: 2)
        var now: UInt64 = 1
        for round in 0..<100 {
            while limiter.take(sender, now: now) == nil { continue }
            let seconds = limiter.take(sender, now: now)
            #expect(seconds == 1, "round \(round)")
            now += UInt64(seconds ?? 0) * RateLimiterTests.second
            #expect(limiter.take(sender, now: now) == nil, "round \(round)")
        }
    }

    @Test func `a million addresses take no more room than sixty-five thousand, and do not free who is limited`() {
        let limiter = RateLimiter(Rate(eventsPerSecond: 1, burstSeconds: 10))
        let greedy = SenderID(high: 7, low: 7)
        limiter.charge(1_000, greedy, now: 1)
        // They all come in one moment, each once: the most that can be on as many accounts.
        for number in 0..<1_000_000 { _ = limiter.take(SenderID(high: UInt64(number), low: 99), now: 1) }
        #expect(limiter.take(greedy, now: 1) != nil)
        #expect(limiter.forgotten > 900_000)
        // An hour later nobody has anything on his account: nothing more is lost.
        let (later, before) = (RateLimiterTests.second * 3_600, limiter.forgotten)
        for number in 0..<1_000 { _ = limiter.take(SenderID(high: UInt64(number), low: 98), now: later) }
        #expect(limiter.forgotten == before)
    }

    @Test func `thousands of senders are each counted alone`() {
        let limiter = RateLimiter(Rate(eventsPerSecond: 1, burstSeconds: 1))
        let senders = (0..<2_000).map { SenderID(high: UInt64($0) << 32, low: 0) }
        for sender in senders { #expect(limiter.take(sender, now: 1) == nil) }
        for sender in senders { #expect(limiter.take(sender, now: 1) == 1) }
        #expect(limiter.forgotten == 0)
    }
}
