package import Events
import Glibc

/// Hours of identities: each holds the `event_id`s whose first 48 bits, read as Unix milliseconds, lie in it. Of a UUIDv7 that is
/// when it was made, and rows of a table lie in that order; of any other identity it is some hour that all copies of the event share.
public struct HourSet: Sendable, Equatable {
    /// Of more hours it is not worth while to know which.
    static let countMax = 4_096
    /// Ranges that a statement names.
    static let rangesMax = 32
    private static let hourMilliseconds: UInt64 = 3_600_000

    /// Every hour there is.
    public static let all = HourSet(isAll: true)

    public private(set) var isAll: Bool
    private var hours: Set<UInt32> = []

    package init(isAll: Bool = false) { self.isAll = isAll }

    public var isEmpty: Bool { !isAll && hours.isEmpty }
    /// Nil: all.
    public var count: Int? { isAll ? nil : hours.count }

    static func hour(unixMilliseconds: UInt64) -> UInt32 { UInt32(unixMilliseconds / hourMilliseconds) }

    /// - Parameter unixMilliseconds: the first 48 bits of an identity.
    package mutating func insert(unixMilliseconds: UInt64) {
        guard !isAll else { return }
        hours.insert(HourSet.hour(unixMilliseconds: unixMilliseconds))
        if hours.count > HourSet.countMax { self = .all }
    }

    mutating func formUnion(_ others: HourSet) {
        guard !isAll else { return }
        if others.isAll {
            self = .all
        } else {
            hours.formUnion(others.hours)
            if hours.count > HourSet.countMax { self = .all }
        }
    }

    /// All hours less some are all hours: which are left cannot be said.
    mutating func subtract(_ others: HourSet) {
        if others.isAll {
            self = HourSet()
        } else if !isAll {
            hours.subtract(others.hours)
        }
    }

    func isSuperset(of others: HourSet) -> Bool { isAll || (!others.isAll && hours.isSuperset(of: others.hours)) }

    /// The hours' first and last identities, in order: few ranges, which hold all of the hours and perhaps others between.
    package var identities: [(first: UUID, last: UUID)] {
        guard !isAll else { return [(UUID(high: 0, low: 0), UUID(high: .max, low: .max))] }
        let sorted = hours.sorted()
        var (gap, ranges) = (UInt32(1), HourSet.ranges(sorted, gapMax: 1))
        while ranges.count > HourSet.rangesMax {
            gap *= 2
            ranges = HourSet.ranges(sorted, gapMax: gap)
        }
        return ranges.map { (HourSet.first($0.lowerBound), HourSet.last($0.upperBound)) }
    }

    private static func ranges(_ hours: [UInt32], gapMax: UInt32) -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        for hour in hours {
            if let last = ranges.last, hour - last.upperBound <= gapMax {
                ranges[ranges.count - 1] = last.lowerBound...hour
            } else {
                ranges.append(hour...hour)
            }
        }
        return ranges
    }

    private static func first(_ hour: UInt32) -> UUID { UUID(high: UInt64(hour) * hourMilliseconds << 16, low: 0) }

    private static func last(_ hour: UInt32) -> UUID {
        let end = (UInt64(hour) + 1) * hourMilliseconds
        return UUID(high: (min(end, 1 << 48) - 1) << 16 | 0xFFFF, low: .max)
    }
}

extension HourSet {
    /// The hours of canonical lines; all where a line is none.
    package init(of lines: UnsafeRawBufferPointer) {
        self.init()
        var (place, latest) = (0, UInt32?.none)
        while place < lines.count {
            let start = lines.baseAddress! + place
            let end = memchr(start, 0x0A, lines.count - place).map { $0 - UnsafeMutableRawPointer(mutating: start) }
            let line = UnsafeRawBufferPointer(start: start, count: end ?? lines.count - place)
            guard let text = CanonicalLine.head(line)?.eventID, let identity = UUID(text) else {
                self = .all
                return
            }
            let milliseconds = identity.high >> 16
            if HourSet.hour(unixMilliseconds: milliseconds) != latest { insert(unixMilliseconds: milliseconds) }
            latest = HourSet.hour(unixMilliseconds: milliseconds)
            place += line.count + 1
        }
    }
}
