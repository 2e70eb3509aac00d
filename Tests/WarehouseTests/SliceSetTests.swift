import Events
import Testing
import Warehouse

/// What is known of where copies may be.
@Suite struct SliceSetTests {
    private func slices(_ numbers: some Sequence<UInt32>) -> SliceSet {
        var set = SliceSet()
        for number in numbers { set.insert(number) }
        return set
    }

    @Test func `A slice is 131 seconds of a UUIDv7, and every identity has one`() {
        let identity = UUID(high: 0x0193_579A_0000_7000, low: 1)
        let slice = SliceSet.slice(identity)
        #expect(SliceSet.slice(UUID(high: identity.high + 131_071 << 16, low: 2)) == slice)
        #expect(SliceSet.slice(UUID(high: identity.high + 131_072 << 16, low: 0)) == slice + 1)
        #expect(SliceSet.slice(UUID(high: .max, low: .max)) == UInt32(Int32.max))
    }

    @Test func `Of too many slices all are meant`() {
        #expect(slices(0..<1_000).count == 1_000)
        #expect(slices(0..<1_001) == .all)
    }

    @Test func `Lines say their slices; what is no line says all`() {
        let bytes = ByteBuffer(click(id: 1) + click(id: 2))
        #expect(SliceSet.of(bytes.bytes) == (slices([SliceSet.slice(Events.UUID(uuid(1))!)]), 2))
        let damaged = ByteBuffer(click(id: 1) + "{}\n")
        #expect(SliceSet.of(damaged.bytes).slices == .all)
    }

    @Test func `What an insert names while a search goes on stays doubtful, whenever it began`() {
        var watch = CopyWatch()
        let before = watch.begin(slices([1]), rows: 1)
        let searched = watch.beginSearch()
        #expect(searched == .all)
        let during = watch.begin(slices([2]), rows: 1)
        watch.end(before)
        watch.end(during)
        watch.endSearch(searched, left: slices([3]), heavy: [])
        #expect(watch.possible == slices([1, 2, 3]))
    }

    @Test func `Slices that inserts go on naming are not searched, the others are`() {
        var watch = CopyWatch()
        watch.endSearch(watch.beginSearch(), left: SliceSet(), heavy: [])
        watch.end(watch.begin(slices([1, 2]), rows: 2))
        #expect(watch.changes == 1)
        #expect(watch.beginSearch().isEmpty)
        watch.end(watch.begin(slices([2]), rows: 1))
        #expect(watch.changes == 1)
        let searched = watch.beginSearch()
        #expect(searched == slices([1]))
        watch.endSearch(searched, left: SliceSet(), heavy: [])
        #expect(watch.possible == slices([2]))
    }

    @Test func `More rows than can be put in order, or a heavy slice, mean FINAL until they are searched`() {
        var watch = CopyWatch()
        watch.endSearch(watch.beginSearch(), left: SliceSet(), heavy: [7])
        watch.end(watch.begin(slices([1]), rows: 200_000))
        #expect(watch.doubtful == slices([1]))
        watch.end(watch.begin(slices([1]), rows: 1))
        #expect(watch.doubtful == .all)
        for _ in 0..<2 { watch.endSearch(watch.beginSearch(), left: SliceSet(), heavy: []) }
        #expect(watch.doubtful.isEmpty)
        watch.end(watch.begin(slices([7]), rows: 1))
        #expect(watch.possible == slices([7]))
        #expect(watch.doubtful == .all)
    }
}
