/// Makes UUIDs of version 7 (RFC 9562): Unix milliseconds, then 74 random bits. One thread at a time.
///
/// The bits come from xoshiro256** (https://prng.di.unimi.it) seeded by the kernel: unique, not secret.
public struct UUIDGenerator {
    private var a: UInt64
    private var b: UInt64
    private var c: UInt64
    private var d: UInt64

    public init() {
        var system = SystemRandomNumberGenerator()
        self.init(seed: (system.next(), system.next(), system.next(), system.next() | 1))
    }

    /// Repeatable identifiers, for made-up data and tests. `seed` is not all zero.
    public init(seed: (UInt64, UInt64, UInt64, UInt64)) {
        (a, b, c, d) = seed
    }

    public mutating func next(unixMilliseconds: Int64) -> UUID {
        let random = nextBits()
        let high = UInt64(truncatingIfNeeded: unixMilliseconds) << 16 | 0x7000 | random >> 52
        return UUID(high: high, low: 0x8000_0000_0000_0000 | nextBits() >> 2)
    }

    private mutating func nextBits() -> UInt64 {
        func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { x << k | x >> (64 - k) }
        let result = rotated(b &* 5, 7) &* 9
        let t = b << 17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= t
        d = rotated(d, 45)
        return result
    }
}
