/// A rate with bursts: so much flows in each second, at most a bucket full is there at once.
struct TokenBucket {
    private let perSecond: Double
    private let capacity: Double
    private var level: Double
    private var filledAt: UInt64

    /// - Parameter now: monotonic nanoseconds, here and below.
    init(perSecond: Int, seconds: Int, now: UInt64) {
        self.perSecond = Double(perSecond)
        capacity = Double(perSecond * seconds)
        level = capacity
        filledAt = now
    }

    /// Whether anything is there. What is taken may then be more than that: it is a debt that the next seconds pay.
    mutating func hasAny(now: UInt64) -> Bool {
        if now > filledAt {
            level = min(capacity, level + Double(now - filledAt) / 1e9 * perSecond)
            filledAt = now
        }
        return level > 0
    }

    mutating func take(_ amount: Int) { level -= Double(amount) }
}
