import Insights
import Platform
import Testing

@Suite struct QueryThreadsTests {
    /// A gate that jobs wait at.
    private final class Gate: Sendable {
        private let state = Condition((open: false, begun: 0, done: 0))

        func pass() {
            state.withLock { $0.begun += 1 }
            state.broadcast()
            state.wait(atMost: 60_000, until: { $0.open }, then: { $0.done += 1 })
            state.broadcast()
        }
        func open() {
            state.withLock { $0.open = true }
            state.broadcast()
        }
        func waitForBegun(_ count: Int) -> Int {
            state.wait(atMost: 60_000, until: { $0.begun >= count }, then: { $0.begun })
        }
        func waitForDone(_ count: Int) -> Int {
            state.wait(atMost: 60_000, until: { $0.done >= count }, then: { $0.done })
        }
        var done: Int { state.withLock { $0.done } }
    }

    @Test func `As many wait as may, the next is refused at once, and all that wait get their turn`() {
        let gate = Gate()
        let threads = QueryThreads("test", count: 2)
        for _ in 0..<2 { #expect(threads.run { gate.pass() }) }
        #expect(gate.waitForBegun(2) == 2)
        #expect(QueryThreads.waitingMax == 32)
        for _ in 0..<32 { #expect(threads.run { gate.pass() }) }
        for _ in 0..<3 { #expect(!threads.run { Issue.record("a refused job ran") }) }
        gate.open()
        #expect(gate.waitForDone(34) == 34)
        #expect(threads.run { gate.pass() })
        #expect(gate.waitForDone(35) == 35)
        threads.close()
    }

    @Test func `Closing waits for what runs, drops what waits, and takes nothing more`() async throws {
        let gate = Gate()
        let threads = QueryThreads("test", count: 1)
        #expect(threads.run { gate.pass() })
        #expect(gate.waitForBegun(1) == 1)
        #expect(threads.run { Issue.record("a job that had not begun ran") })
        let closing = Thread("closing") { threads.close() }
        try await eventually { threads.waitingCount == 0 }
        #expect(!threads.run { Issue.record("a late job ran") })
        gate.open()
        closing.join()
        #expect(gate.done == 1)
        #expect(!threads.run {})
    }

    @Test(arguments: [
        ("JSON", "application/json"), ("JSONCompact", "application/json"), ("JSONEachRow", "application/x-ndjson"),
        ("JSONCompactEachRowWithNames", "application/x-ndjson"), ("JSONLines", "application/x-ndjson"),
        ("NDJSON", "application/x-ndjson"), ("JSONObjectEachRow", "application/json"),
        ("jsoneachrow", "application/x-ndjson"),
        ("CSVWithNames", "text/csv; charset=utf-8"), ("TSV", "text/tab-separated-values; charset=utf-8"),
        ("TabSeparatedWithNames", "text/tab-separated-values; charset=utf-8"), ("Pretty", "text/plain; charset=utf-8"),
        ("PrettyCompact", "text/plain; charset=utf-8"), ("Vertical", "text/plain; charset=utf-8"),
        ("Parquet", "application/vnd.apache.parquet"), ("Native", "application/octet-stream"),
        ("", "application/octet-stream"),
    ])
    func `A format has its media type`(format: String, type: String) {
        #expect(SQLAnswer.contentType(format) == type)
    }
}
