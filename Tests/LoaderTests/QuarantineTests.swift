import EventLog
import Events
import Loader
import Platform
import Testing
import Warehouse

extension LoadingTests {
    @Suite struct QuarantineTests {
        /// Twenty lines, three of which the table refuses.
        private func poisoned(_ site: Site) -> (lines: [String], bad: [Int]) {
            let bad = [0, 7, 13]
            let lines = (0..<20).map { site.line(.click, identifier: bad.contains($0) ? poison : nil) }
            return (lines, bad)
        }

        /// Position, topic and payload of this test's rows, copies included.
        private func quarantined(_ site: Site) throws -> [String] {
            try site.rows(
                """
                SELECT position, topic, partition, payload FROM quarantine_local
                WHERE payload LIKE '%\(site.mark)%' AND reason != '' ORDER BY position
                """)
        }

        private func expected(_ lines: [String], _ bad: [Int]) -> [String] {
            bad.map { "\($0)\tclicks\t0\t\(lines[$0])" }
        }

        @Test func `A line that the table refuses goes to quarantine, the others land, and loading goes on`()
            async throws
        {
            let site = try Site()
            let (lines, bad) = poisoned(site)
            try await site.append(.click, lines)
            try await site.loadAll(.click, upTo: 20)
            #expect(try site.stored(.click) == Site.once(17))
            #expect(try quarantined(site) == expected(lines, bad))
            #expect(
                try site.rows(
                    "SELECT countIf(reason ILIKE '%UUID%' AND abs(quarantined_at - now()) < 600), count() "
                        + "FROM quarantine_local WHERE payload LIKE '%\(site.mark)%'") == ["3\t3"])
            #expect(site.metric("cinelog_quarantined_events_total{topic=\"clicks\"}") == 3)
            #expect(site.metric("cinelog_loaded_events_total{topic=\"clicks\"}") == 17)
            #expect(site.metric("cinelog_load_retries_total") == 0)

            try await site.append(.click, count: 5)
            try await site.loadAll(.click, upTo: 25)
            #expect(try site.stored(.click) == Site.once(22))
        }

        @Test func `A batch of nothing but one refused line is quarantined too`() async throws {
            let site = try Site()
            let line = site.line(.click, identifier: poison)
            try await site.append(.click, [line])
            try await site.loadAll(.click, upTo: 1)
            #expect(try quarantined(site) == ["0\tclicks\t0\t\(line)"])
            #expect(try site.stored(.click) == Site.once(0))
        }

        @Test(arguments: [[2, 5], [1, 1], [8, 3], [4, 9]])
        func `Deaths in the middle of taking a batch apart leave each line in one place, once`(survived: [Int])
            async throws
        {
            let site = try Site()
            let (lines, bad) = poisoned(site)
            try await site.append(.click, lines)
            for count in survived {
                let before = site.warehouse.inserts.count
                // The insert under way at death takes effect; nobody hears of it.
                site.warehouse.decide {
                    $0.number - before < count
                        ? nil : $0.number - before == count ? .unavailableAfter : .unavailableBefore
                }
                let loading = try site.load()
                try await eventually { site.warehouse.inserts.count > before + count }
                await loading.stop()
                #expect(LoadPlan(note: try site.committed(.click).note) != nil)
            }
            site.warehouse.decide { _ in nil }
            try await site.loadAll(.click, upTo: 20)
            #expect(try site.stored(.click) == Site.once(17))
            #expect(try quarantined(site) == expected(lines, bad))
            #expect(site.metric("cinelog_quarantined_events_total{topic=\"clicks\"}") == 3)
        }

        @Test func `Taking a large batch apart stops when it is told to, and is finished by the next loader`()
            async throws
        {
            let site = try Site()
            try await site.append(.page, count: 400)
            // The whole is refused, and every part that is not a single line.
            let picky: FaultyWarehouse.Decision = {
                $0.target == .events(.page) && $0.lines > 1 ? .refuse("too many") : nil
            }
            site.warehouse.decide(picky)
            let loading = try site.load()
            try await eventually { site.inserts(.page).count > 10 }
            await loading.stop()
            #expect(site.inserts(.page).count < 400)
            #expect(LoadPlan(note: try site.committed(.page).note)?.count == 400)
            site.warehouse.decide { _ in nil }
            try await site.loadAll(.page, upTo: 400)
            // The whole is one insert now, with another token than its parts: copies, which the views' FINAL collapses.
            #expect(
                try site.rows("SELECT count(), uniqExact(event_id) FROM pages WHERE anonymous_id = '\(site.mark)'")
                    == [Site.once(400)])
        }
    }
}
