import Events
import Glibc

/// The demo's chance: SplitMix64 (https://prng.di.unimi.it/splitmix64.c), the same numbers from the same seed.
struct DemoRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A stream of its own for each number, such as a viewer's.
    init(seed: UInt64, stream: Int) {
        var mixed = DemoRandom(seed: seed ^ UInt64(bitPattern: Int64(stream)) &* 0xD1B5_4A32_D192_ED03)
        state = mixed.bits()
    }

    mutating func bits() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// 0 ≤ x < 1.
    mutating func unit() -> Double { Double(bits() >> 11) * 0x1p-53 }

    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + unit() * (range.upperBound - range.lowerBound)
    }

    mutating func uniform(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(unit() * Double(range.upperBound - range.lowerBound + 1))
    }

    /// Gaps between things that happen at any moment alike.
    mutating func exponential(mean: Double) -> Double { -log(1 - unit()) * mean }

    /// Times that people take over something: many short, few long. `spread` 0.5 is narrow, 1 wide.
    mutating func logNormal(median: Double, spread: Double) -> Double {
        let normal = sqrt(-2 * log(1 - unit())) * cos(2 * .pi * unit())
        return median * exp(spread * normal)
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[uniform(0...choices.count - 1)] }

    /// A place in `weights`, each as probable as it is heavy.
    mutating func place(weights: [Double]) -> Int {
        var left = unit() * weights.reduce(0, +)
        for (place, weight) in weights.enumerated() {
            left -= weight
            if left < 0 { return place }
        }
        return weights.count - 1
    }

    /// A UUID of version 4.
    mutating func uuid() -> UUID {
        UUID(
            high: bits() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
            low: bits() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}
