import TestSupport

/// Inputs made from kept ones by a few changes, the same for the same seed.
struct InputMutator {
    private static let bytesMax = 16_384
    private static let telling: [UInt8] = [
        0, 1, 9, 10, 13, 32, 34, 44, 45, 46, 58, 61, 91, 92, 93, 123, 125, 127, 128, 192, 237, 255,
    ]

    private var chance: SplitMix64
    private let kept: [[UInt8]]

    init(seed: UInt64, kept: [[UInt8]]) {
        chance = SplitMix64(seed: seed)
        self.kept = kept
    }

    mutating func next() -> [UInt8] {
        var input = kept[chance.below(kept.count)]
        for _ in 0...chance.below(5) { change(&input) }
        if input.count > InputMutator.bytesMax { input.removeLast(input.count - InputMutator.bytesMax) }
        return input
    }

    private mutating func change(_ input: inout [UInt8]) {
        let place = chance.below(input.count + 1)
        let end = min(input.count, place + 1 + chance.below(chance.below(10) == 0 ? 1000 : 8))
        switch chance.below(7) {
        case 0 where place < input.count: input[place] ^= 1 << chance.below(8)
        case 1 where place < input.count: input[place] = InputMutator.telling[chance.below(InputMutator.telling.count)]
        case 2 where place < input.count: input[place] = UInt8(chance.below(256))
        case 3 where place < input.count: input.removeSubrange(place..<end)
        case 4 where place < input.count: input.insert(contentsOf: input[place..<end], at: place)
        case 5:
            let other = kept[chance.below(kept.count)]
            let from = chance.below(other.count + 1)
            input.replaceSubrange(place..., with: other[from...])
        default: input.insert(InputMutator.telling[chance.below(InputMutator.telling.count)], at: place)
        }
    }
}
