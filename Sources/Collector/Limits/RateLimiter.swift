import Platform
import Synchronization

/// Whom a rate is counted for: 128 bits of an address, of a user's UUID, or a key's number.
package struct SenderID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// One rate for each of many senders, in a table of fixed size: 65,536 places, 1.5 MiB, however many come.
///
/// A sender has eight places to be in, chosen by a hash that nobody outside can know (Swift's `Hasher`: SipHash with this process's
/// own seed). Who has been quiet for as long as its burst is worth leaves without loss. Where eight senders with something on
/// their account meet, a ninth takes the place of the one with the least on it, which then begins anew: counted, in `forgotten`.
package final class RateLimiter: Sendable {
    private struct Place {
        var sender = SenderID(high: 0, low: 0)
        var use = RateUse()
    }

    private final class Shard: Sendable {
        let places: Mutex<[Place]>
        init(_ count: Int) { places = Mutex(Array(repeating: Place(), count: count)) }
    }

    private static let ways = 8
    private static let shardCount = 64

    private let rate: Rate
    /// Two threads rarely want the same one, and keep it for some 20 ns.
    private let shards: [Shard]
    private let setsPerShard: Int
    private let forgottenCount = Atomic<Int>(0)

    /// - Parameter senders: places in the table: a multiple of 512, for tests.
    package init(_ rate: Rate, senders: Int = 65_536) {
        self.rate = rate
        setsPerShard = senders / RateLimiter.shardCount / RateLimiter.ways
        precondition(setsPerShard > 0)
        shards = (0..<RateLimiter.shardCount).map { _ in Shard(senders / RateLimiter.shardCount) }
    }

    /// Senders that began anew because more came at once than there are places.
    package var forgotten: Int { forgottenCount.load(ordering: .relaxed) }

    /// Takes one event of a sender's rate, or says after how many whole seconds (1 at least) it may send again.
    package func take(_ sender: SenderID, now: UInt64 = Clock.monotonicNanoseconds()) -> Int? {
        let wait = use(of: sender, now) { $0.take(rate, now: now) }
        return wait.map { Int(($0 + 999_999_999) / 1_000_000_000) }
    }

    /// Takes events that a sender's request has brought.
    package func charge(_ events: Int, _ sender: SenderID, now: UInt64 = Clock.monotonicNanoseconds()) {
        guard events > 0 else { return }
        use(of: sender, now) { $0.charge(events, rate, now: now) }
    }

    private func use<Result>(of sender: SenderID, _ now: UInt64, _ body: (inout RateUse) -> Result) -> Result {
        var hasher = Hasher()
        hasher.combine(sender.high)
        hasher.combine(sender.low)
        let hash = UInt(bitPattern: hasher.finalize())
        let shard = shards[Int(hash % UInt(RateLimiter.shardCount))]
        let first = Int(hash / UInt(RateLimiter.shardCount) % UInt(setsPerShard)) * RateLimiter.ways
        return shard.places.withLock { places in
            let place = find(sender, in: &places, from: first, now)
            return body(&places[place].use)
        }
    }

    /// The sender's place, or the one that it gets: that of the least account.
    private func find(_ sender: SenderID, in places: inout [Place], from first: Int, _ now: UInt64) -> Int {
        var least = first
        for place in first..<(first + RateLimiter.ways) {
            if places[place].sender == sender { return place }
            if places[place].use.fullAt < places[least].use.fullAt { least = place }
        }
        if places[least].use.fullAt > now { forgottenCount.add(1, ordering: .relaxed) }
        places[least] = Place(sender: sender)
        return least
    }
}
