import EventLog
import Events
import Loader
import Platform
import Testing

extension LoadingTests {
    @Suite struct EverydayTests {
        @Test func `All events of all kinds are loaded once, and metrics tell of it`() async throws {
            let site = try Site()
            for _ in 0..<3 {
                for kind in EventKind.allCases { try await site.append(kind, count: 40 + Int(kind.rawValue)) }
            }
            let loading = try site.load()
            for kind in EventKind.allCases {
                let count = 3 * (40 + Int(kind.rawValue))
                try await eventually { try site.isLoaded(kind, upTo: Int64(count)) }
                #expect(try site.stored(kind) == Site.once(count))
                try await eventually {
                    site.metric("cinelog_loaded_events_total{topic=\"\(kind.topic)\"}") == Double(count)
                        && loading.loader.metrics.backlog[Topic(kind)]?.events == 0
                }
            }
            await loading.stop()
            #expect(site.metric("cinelog_insert_seconds_count") >= 4)
            #expect(site.metric("cinelog_load_retries_total") == 0)
            #expect(site.metric("cinelog_backlog_events{topic=\"clicks\"}") == 0)
            #expect(Set(site.warehouse.inserts.map(\.token)).count == site.warehouse.inserts.count)
        }

        @Test func `The last events of a quiet hour are in the table within a second`() async throws {
            let site = try Site()
            let loading = try site.load { $0 = LoaderOptions() }
            try await eventually { loading.loader.metrics.backlog.count == Topic.allCases.count }
            for round in 1...3 {
                let started = Clock.monotonicMilliseconds()
                try await site.append(.click, count: 1)
                try await eventually { try site.stored(.click) == Site.once(round) }
                // Half a second is the timer's; the other half is for a busy machine.
                #expect((500...1000).contains(Clock.monotonicMilliseconds() - started))
            }
            await loading.stop()
        }

        @Test func `A log that comes later is no failure`() async throws {
            let site = try Site(withLog: false)
            let loading = try site.load()
            try await Task.sleep(for: .milliseconds(50))
            try site.makeLog()
            try await site.append(.page, count: 2)
            try await eventually { try site.isLoaded(.page, upTo: 2) }
            await loading.stop()
            #expect(site.metric("cinelog_load_retries_total") == 0)
        }
    }

    @Suite struct BatchTests {
        @Test func `Enough events close a batch, and fewer wait`() async throws {
            let site = try Site()
            try await site.append(.click, count: 25)
            let loading = try site.load { ($0.eventsMax, $0.ageMaxMilliseconds) = (10, 3_600_000) }
            try await eventually { loading.loader.metrics.backlog[.clicks]?.events == 5 }
            #expect(site.inserts(.click).map(\.lines) == [10, 10])
            try await site.append(.click, count: 5)
            try await eventually { try site.isLoaded(.click, upTo: 30) }
            await loading.stop()
            #expect(site.inserts(.click).map(\.lines) == [10, 10, 10])
            #expect(try site.stored(.click) == Site.once(30))
        }

        @Test func `Enough bytes close a batch, and no batch is larger`() async throws {
            let site = try Site()
            let lineBytes = site.line(.click).utf8.count + 1
            try await site.append(.click, count: 11)
            let loading = try site.load {
                ($0.bytesMax, $0.ageMaxMilliseconds) = (4 * lineBytes + 3, 3_600_000)
            }
            try await eventually { loading.loader.metrics.backlog[.clicks]?.events == 3 }
            await loading.stop()
            #expect(site.inserts(.click).map(\.lines) == [4, 4])
        }

        @Test func `Age closes a batch of whatever waits, and only then`() async throws {
            let site = try Site()
            let started = Clock.monotonicMilliseconds()
            try await site.append(.film, count: 3)
            let loading = try site.load { $0.ageMaxMilliseconds = 300 }
            try await eventually { !site.inserts(.film).isEmpty }
            #expect(Clock.monotonicMilliseconds() - started >= 300)
            try await eventually { try site.isLoaded(.film, upTo: 3) }
            await loading.stop()
            #expect(site.inserts(.film).map(\.lines) == [3])
        }
    }
}
