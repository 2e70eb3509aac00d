import Glibc

/// Random numbers from a seed that is printed, so that a failing run can be repeated: `CINELOG_SEED=… ./dev test Campaigns`.
public struct Chance: RandomNumberGenerator, Sendable {
    public let seed: UInt64
    private var state: UInt64

    /// - Parameter seed: `CINELOG_SEED`, or a new one, where nil.
    public init(seed: UInt64? = nil) {
        self.seed = seed ?? Chance.fromEnvironment ?? UInt64.random(in: 1..<1_000_000_000)
        state = self.seed
    }

    private static let fromEnvironment = getenv("CINELOG_SEED").flatMap { UInt64(String(cString: $0)) }

    /// splitmix64 (public domain, https://prng.di.unimi.it/splitmix64.c).
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True in so many of a hundred cases.
    public mutating func percent(_ share: Int) -> Bool { Int.random(in: 0..<100, using: &self) < share }

    /// Numbers of its own for a part of the run.
    public mutating func split() -> Chance { Chance(seed: next()) }

    /// For the title of an expectation that failed.
    public var words: String { "CINELOG_SEED=\(seed)" }
}
