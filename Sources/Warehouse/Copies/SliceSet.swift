package import Events
import Glibc

/// Slices of identities: each holds the `event_id`s with the same first 31 bits. Of a UUIDv7 that is when it was made, to 131 seconds;
/// of any other identity it is some slice that all copies of the event share.
public struct SliceSet: Sendable, Equatable {
    /// Of more slices it is not worth while to know which: statements name them.
    static let countMax = 1_000
    /// Heavy slices that are known of.
    static let heavyMax = 100_000
    /// Bits of the first half of an identity that a slice does not tell.
    static let bitsLeftOut = 33

    /// Every slice there is.
    public static let all = SliceSet(isAll: true)

    public private(set) var isAll: Bool
    private var slices: Set<UInt32> = []

    package init(isAll: Bool = false) { self.isAll = isAll }

    public var isEmpty: Bool { !isAll && slices.isEmpty }
    /// Nil: all.
    public var count: Int? { isAll ? nil : slices.count }
    /// In order; none where it is all.
    var numbers: [UInt32] { slices.sorted() }

    package static func slice(_ identity: UUID) -> UInt32 { UInt32(identity.high >> bitsLeftOut) }

    package mutating func insert(_ slice: UInt32) {
        guard !isAll else { return }
        slices.insert(slice)
        if slices.count > SliceSet.countMax { self = .all }
    }

    mutating func formUnion(_ others: SliceSet) {
        guard !isAll else { return }
        if others.isAll {
            self = .all
        } else {
            slices.formUnion(others.slices)
            if slices.count > SliceSet.countMax { self = .all }
        }
    }

    /// All slices less some are all: which are left cannot be said.
    mutating func subtract(_ others: SliceSet) {
        if others.isAll {
            self = SliceSet()
        } else if !isAll {
            slices.subtract(others.slices)
        }
    }

    func meets(_ numbers: Set<UInt32>) -> Bool { isAll ? !numbers.isEmpty : !slices.isDisjoint(with: numbers) }

    func isSuperset(of others: SliceSet) -> Bool { isAll || (!others.isAll && slices.isSuperset(of: others.slices)) }
}

extension SliceSet {
    /// The slices of canonical lines, and how many lines there are; all where a line is none.
    package static func of(_ lines: UnsafeRawBufferPointer) -> (slices: SliceSet, lines: Int) {
        var (slices, count) = (SliceSet(), 0)
        var (place, latest) = (0, UInt32?.none)
        while place < lines.count {
            let start = lines.baseAddress! + place
            let end = memchr(start, 0x0A, lines.count - place).map { $0 - UnsafeMutableRawPointer(mutating: start) }
            let line = UnsafeRawBufferPointer(start: start, count: end ?? lines.count - place)
            if let text = CanonicalLine.head(line)?.eventID, let identity = UUID(text) {
                let slice = SliceSet.slice(identity)
                if slice != latest { slices.insert(slice) }
                latest = slice
            } else {
                slices = .all
            }
            place += line.count + 1
            count += 1
        }
        return (slices, count)
    }
}
