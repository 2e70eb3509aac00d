import Events
import Testing
import Warehouse

/// What is known of where copies may be.
@Suite struct HourSetTests {
    private static let hour: UInt64 = 3_600_000

    private func hours(_ hours: some Sequence<UInt64>) -> HourSet {
        var set = HourSet()
        for hour in hours { set.insert(unixMilliseconds: hour * HourSetTests.hour) }
        return set
    }

    private func holds(_ set: HourSet, _ milliseconds: UInt64) -> Bool {
        let places = [UUID(high: milliseconds << 16, low: 0), UUID(high: milliseconds << 16 | 0xFFFF, low: .max)]
        return places.allSatisfy { id in
            set.identities.contains {
                ($0.first.high, $0.first.low) <= (id.high, id.low) && (id.high, id.low) <= ($0.last.high, $0.last.low)
            }
        }
    }

    @Test func `Ranges hold whole hours, and neighbours are one range`() {
        let set = hours([5, 6, 9])
        #expect(set.identities.count == 2)
        for (milliseconds, isIn) in [
            (5 * HourSetTests.hour - 1, false), (5 * HourSetTests.hour, true), (7 * HourSetTests.hour - 1, true),
            (7 * HourSetTests.hour, false), (10 * HourSetTests.hour - 1, true), (10 * HourSetTests.hour, false),
        ] { #expect(holds(set, milliseconds) == isIn, "\(milliseconds)") }
    }

    @Test func `The last hour of all ends with the last identity`() {
        var set = HourSet()
        set.insert(unixMilliseconds: 1 << 48 - 1)
        #expect(holds(set, 1 << 48 - 1))
    }

    @Test func `However many hours, ranges are few and hold them all`() {
        let set = hours((0..<2_000).map { $0 * $0 })
        #expect(set.identities.count <= 32)
        #expect((0..<2_000).allSatisfy { holds(set, $0 * $0 * HourSetTests.hour) })
    }

    @Test func `Of too many hours all are meant`() {
        #expect(hours((0..<4_096).map { $0 * 2 }).count == 4_096)
        #expect(hours((0..<4_097).map { $0 * 2 }) == .all)
    }

    @Test func `Lines say their hours; what is no line says all`() {
        let bytes = ByteBuffer(click(id: 1) + click(id: 2))
        #expect(HourSet(of: bytes.bytes).count == 1)
        let damaged = ByteBuffer(click(id: 1) + "{}\n")
        #expect(HourSet(of: damaged.bytes) == .all)
    }

    @Test func `What an insert names while a search goes on stays doubtful, whenever it began`() {
        var watch = CopyWatch()
        let before = watch.begin(hours([1]))
        let searched = watch.beginSearch()
        #expect(searched == .all)
        let during = watch.begin(hours([2]))
        watch.end(before)
        watch.end(during)
        watch.endSearch(searched, left: hours([3]))
        #expect(watch.possible == hours([1, 2, 3]))
    }

    @Test func `Hours that inserts go on naming are not searched, the others are`() {
        var watch = CopyWatch()
        watch.endSearch(watch.beginSearch(), left: HourSet())
        watch.end(watch.begin(hours([1, 2])))
        #expect(watch.changes == 1)
        #expect(watch.beginSearch().isEmpty)
        watch.end(watch.begin(hours([2])))
        #expect(watch.changes == 1)
        let searched = watch.beginSearch()
        #expect(searched == hours([1]))
        watch.endSearch(searched, left: HourSet())
        #expect(watch.possible == hours([2]))
    }
}
