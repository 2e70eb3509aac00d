import Events
import Loader
import Testing

@Suite struct PlanTests {
    /// Plans of every size and place, the same ones each time.
    static let plans: [LoadPlan] = {
        var identifiers = UUIDGenerator(seed: (1, 2, 3, 4))
        let edges: [Int64] = [0, 1, 2, 9, 10, 49_999, 1 << 31, 1 << 40, .max - 2, .max - 1]
        return edges.flatMap { first in
            edges.filter { $0 >= first }.map { last in
                LoadPlan(
                    first: first, last: last,
                    nonce: identifiers.next(unixMilliseconds: 1_790_000_000_000 + first % 1000))
            }
        }
    }()

    @Test func `A plan comes back from its note as it was`() throws {
        for plan in Self.plans {
            #expect(LoadPlan(note: plan.note) == plan)
            #expect(plan.count > 0)
        }
    }

    @Test(arguments: [
        "", "-", "--", "plan", "1-2", "1-2-", "1-2-x", "-1-2-0193579a-0000-7000-8000-000000000001",
        "2-1-0193579a-0000-7000-8000-000000000001", "1-2-0193579A-0000-7000-8000-00000000000A",
        "+1-2-0193579a-0000-7000-8000-000000000001", "01-2-0193579a-0000-7000-8000-000000000001",
        "1-2-0193579a-0000-7000-8000-000000000001 ", " 1-2-0193579a-0000-7000-8000-000000000001",
        "1-2-0193579a-0000-7000-8000-000000000001-3", "0-9223372036854775807-0193579a-0000-7000-8000-000000000001",
        "1-9223372036854775808-0193579a-0000-7000-8000-000000000001", "１-２-0193579a-0000-7000-8000-000000000001",
    ])
    func `A foreign note is no plan`(note: String) {
        #expect(LoadPlan(note: note) == nil)
    }

    @Test func `Any changed letter makes another plan or none, never the same`() {
        let plan = LoadPlan(first: 120, last: 345, nonce: UUID("0193579a-0000-7000-8000-00000000abcd")!)
        for place in plan.note.indices {
            for letter in "0f-Z" where plan.note[place] != letter {
                var note = plan.note
                note.replaceSubrange(place...place, with: String(letter))
                #expect(LoadPlan(note: note) != plan, "\(note)")
            }
        }
    }

    @Test func `No two plans, topics or parts share a token`() {
        let parts: [Range<Int>?] = [nil, 0..<1, 0..<2, 1..<2, 1..<3, 0..<10, 10..<11, 1..<11]
        var seen: Set<String> = []
        var count = 0
        for plan in Self.plans where plan.count > 11 {
            for kind in EventKind.allCases {
                for part in parts {
                    seen.insert(plan.token(Topic(kind), part))
                    count += 1
                }
            }
        }
        #expect(count > 100)
        #expect(seen.count == count)
    }

    @Test func `The whole as a part has the whole's token, however often it is asked for`() {
        for plan in Self.plans.prefix(20) {
            #expect(plan.token(.views, 0..<plan.count) == plan.token(.views))
            #expect(plan.token(.views) == LoadPlan(note: plan.note)?.token(.views))
        }
    }
}

@Suite struct LineIndexTests {
    private func parts(_ text: String, _ ranges: [Range<Int>]) -> (count: Int, texts: [String]) {
        let buffer = ByteBuffer(text)
        return withExtendedLifetime(buffer) {
            let lines = LineIndex(buffer.bytes)
            return (lines.count, ranges.map { String(decoding: lines[$0], as: UTF8.self) })
        }
    }

    @Test func `Lines are found with their newlines, alone and together`() {
        let found = parts("a\nbcd\n\né\n", [0..<1, 1..<2, 2..<3, 3..<4, 0..<4, 1..<3])
        #expect(found.count == 4)
        #expect(found.texts == ["a\n", "bcd\n", "\n", "é\n", "a\nbcd\n\né\n", "bcd\n\n"])
    }

    @Test func `No text has no lines, and what no newline ends is none`() {
        #expect(parts("", []).count == 0)
        #expect(parts("abc", []).count == 0)
        #expect(parts("abc\nd", [0..<1]).texts == ["abc\n"])
    }
}

@Suite struct BackoffTests {
    @Test func `Waits double from a tenth of a second to ten seconds, with jitter of at most a half`() {
        for _ in 0..<50 {
            var backoff = Backoff()
            var step = Backoff.firstMilliseconds
            for _ in 0..<20 {
                #expect((step / 2...step).contains(backoff.milliseconds()))
                step = min(step * 2, Backoff.maxMilliseconds)
            }
            #expect(step == 10_000)
            backoff.reset()
            #expect((50...100).contains(backoff.milliseconds()))
        }
    }

    @Test func `Several loaders do not wait equally long`() {
        let waits = Set(
            (0..<50).map { _ in
                var backoff = Backoff()
                return backoff.milliseconds()
            })
        #expect(waits.count > 5)
    }
}
