import Glibc

/// Random numbers from a seed that is printed, so that a failing run can be repeated: `CINELOG_SEED=… ./dev test Campaigns`.
public struct Chance: RandomNumberGenerator, Sendable {
    public let seed: UInt64
    private var numbers: SplitMix64

    /// - Parameter seed: `CINELOG_SEED`, or a new one, where nil.
    public init(seed: UInt64? = nil) {
        self.seed = seed ?? Chance.fromEnvironment ?? UInt64.random(in: 1..<1_000_000_000)
        numbers = SplitMix64(seed: self.seed)
    }

    private static let fromEnvironment = getenv("CINELOG_SEED").flatMap { UInt64(String(cString: $0)) }

    public mutating func next() -> UInt64 { numbers.next() }

    /// True in so many of a hundred cases.
    public mutating func percent(_ share: Int) -> Bool { Int.random(in: 0..<100, using: &self) < share }

    /// Numbers of its own for a part of the run.
    public mutating func split() -> Chance { Chance(seed: next()) }

    /// For the title of an expectation that failed.
    public var words: String { "CINELOG_SEED=\(seed)" }
}
