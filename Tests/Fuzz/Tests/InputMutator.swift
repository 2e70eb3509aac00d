/// Inputs made from kept ones by a few changes, the same for the same seed.
struct InputMutator: RandomNumberGenerator {
    private static let bytesMax = 16_384
    private static let telling: [UInt8] = [
        0, 1, 9, 10, 13, 32, 34, 44, 45, 46, 58, 61, 91, 92, 93, 123, 125, 127, 128, 192, 237, 255,
    ]

    private var state: UInt64
    private let kept: [[UInt8]]

    init(seed: UInt64, kept: [[UInt8]]) {
        state = seed
        self.kept = kept
    }

    mutating func next() -> [UInt8] {
        var input = kept[below(kept.count)]
        for _ in 0...below(5) { change(&input) }
        if input.count > InputMutator.bytesMax { input.removeLast(input.count - InputMutator.bytesMax) }
        return input
    }

    private mutating func change(_ input: inout [UInt8]) {
        let place = below(input.count + 1)
        let end = min(input.count, place + 1 + below(below(10) == 0 ? 1000 : 8))
        switch below(7) {
        case 0 where place < input.count: input[place] ^= 1 << below(8)
        case 1 where place < input.count: input[place] = InputMutator.telling[below(InputMutator.telling.count)]
        case 2 where place < input.count: input[place] = UInt8(below(256))
        case 3 where place < input.count: input.removeSubrange(place..<end)
        case 4 where place < input.count: input.insert(contentsOf: input[place..<end], at: place)
        case 5:
            let other = kept[below(kept.count)]
            let from = below(other.count + 1)
            input.replaceSubrange(place..., with: other[from...])
        default: input.insert(InputMutator.telling[below(InputMutator.telling.count)], at: place)
        }
    }

    private mutating func below(_ bound: Int) -> Int { Int(next() as UInt64 % UInt64(bound)) }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
