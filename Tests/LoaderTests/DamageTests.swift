import EventLog
import Events
import Loader
import Testing
import Warehouse

extension LoadingTests {
    /// What the log's disk did not keep.
    @Suite struct DamageTests {
        private let site: Site

        init() throws { site = try Site() }

        private func outcomes(_ topic: String = "clicks") throws -> [String] {
            let reader = try site.reader()
            defer { reader.close() }
            return try site.rows(
                """
                SELECT outcome, groupArray(position) FROM
                    (SELECT * FROM deliveries WHERE log = '\(try reader.identity())' AND topic = '\(topic)' ORDER BY position)
                GROUP BY outcome ORDER BY outcome
                """)
        }

        private func log(_ sql: String) throws {
            try SQLiteConnection(path: site.folder + "/log.sqlite", access: .create).execute(sql)
        }

        @Test func `Lines that the log did not keep go to quarantine as they were found, the others land`() async throws
        {
            for _ in 0..<3 { try await site.append(.click, count: 4) }
            try log("UPDATE clicks SET lines = replace(lines, 'button', 'buttom') WHERE first = 4")
            try await site.loadAll(.click, upTo: 12)
            #expect(try site.stored(.click) == Site.once(8))
            #expect(try outcomes() == ["quarantined\t[4,5,6,7]", "stored\t[0,1,2,3,8,9,10,11]"])
            #expect(
                try site.rows(
                    """
                    SELECT source, count(), countIf(payload LIKE '%buttom%'), countIf(reason != '') FROM quarantine
                    WHERE payload LIKE '%\(site.mark)%' GROUP BY source
                    """) == ["damaged\t4\t4\t4"])
            #expect(site.metric("cinelog_quarantined_events_total{topic=\"clicks\"}") == 4)
        }

        @Test func `Damage with fewer line ends than lines accounts for every position`() async throws {
            try await site.append(.click, count: 5)
            try log("UPDATE clicks SET lines = 'no line at all'")
            try await site.loadAll(.click, upTo: 5)
            #expect(try outcomes() == ["quarantined\t[0,1,2,3,4]"])
        }

        @Test func `Positions that the log lost are noted as lost, once, and loading goes on behind them`() async throws
        {
            for _ in 0..<3 { try await site.append(.click, count: 4) }
            try await site.loadAll(.click, upTo: 12)
            for _ in 0..<3 { try await site.append(.click, count: 4) }
            try log("DELETE FROM clicks WHERE first = 12")
            try await site.loadAll(.click, upTo: 24)
            #expect(
                try outcomes() == [
                    "lost\t[12,13,14,15]", "stored\t[0,1,2,3,4,5,6,7,8,9,10,11,16,17,18,19,20,21,22,23]",
                ])
            #expect(site.metric("cinelog_lost_events_total{topic=\"clicks\"}") == 4)
        }

        @Test func `A plan whose lines are damaged meanwhile is planned anew`() async throws {
            for _ in 0..<2 { try await site.append(.click, count: 4) }
            site.warehouse.decide { _ in .unavailableBefore }
            let loading = try site.load()
            try await eventually { !site.inserts(.click).isEmpty }
            await loading.stop()
            try log("UPDATE clicks SET lines = replace(lines, 'button', 'buttom') WHERE first = 4")
            site.warehouse.decide { _ in nil }
            try await site.loadAll(.click, upTo: 8)
            #expect(try outcomes() == ["quarantined\t[4,5,6,7]", "stored\t[0,1,2,3]"])
        }

        @Test func `A log in the place of another voids the plan of that one, and its own events are loaded`()
            async throws
        {
            try await site.append(.click, count: 4)
            let old = try identity()
            site.warehouse.decide { _ in .unavailableBefore }
            let loading = try site.load()
            try await eventually { !site.inserts(.click).isEmpty }
            await loading.stop()
            try site.replaceLog()
            try await site.append(.click, count: 3)
            site.warehouse.decide { _ in nil }
            let next = try site.load()
            try await eventually { try site.stored(.click) == Site.once(3) }
            await next.stop()
            #expect(
                try site.rows(
                    "SELECT outcome, count() FROM deliveries WHERE log = '\(old)' AND topic = 'clicks' GROUP BY outcome"
                )
                    == ["lost\t4"])
            #expect(site.metric("cinelog_lost_events_total{topic=\"clicks\"}") == 4)
        }

        private func identity() throws -> UUID {
            let reader = try site.reader()
            defer { reader.close() }
            return try reader.identity()
        }
    }

    @Suite struct SuspicionTests {
        @Test func `An error that is not known to pass does not hold a topic for ever: the lines at fault are found`()
            async throws
        {
            let site = try Site()
            let bad = site.line(.click)
            try await site.append(.click, (0..<9).map { $0 == 5 ? bad : site.line(.click) })
            site.warehouse.decide { $0.text.contains(bad) && $0.target == .events(.click) ? .fail : nil }
            try await site.loadAll(.click, upTo: 9)
            #expect(try site.stored(.click) == Site.once(8))
            #expect(
                try site.rows("SELECT position, source FROM quarantine WHERE payload LIKE '%\(site.mark)%'")
                    == ["5\trefused"])
            // Eight tries of the whole first: it may have passed.
            #expect(site.inserts(.click).prefix { $0.lines == 9 }.count == 9)
        }

        @Test func `Where every line fails, it is the warehouse: nothing is quarantined`() async throws {
            let site = try Site()
            try await site.append(.click, count: 6)
            site.warehouse.decide { $0.target == .events(.click) ? .fail : nil }
            let loading = try site.load()
            try await eventually(within: 120_000) { site.inserts(.click).contains { $0.lines == 1 } }
            await loading.stop()
            site.warehouse.decide { _ in nil }
            try await site.loadAll(.click, upTo: 6)
            #expect(
                try site.rows("SELECT count() FROM quarantine WHERE payload LIKE '%\(site.mark)%'") == ["0"])
            #expect(
                try site.rows("SELECT count(), uniqExact(event_id) FROM clicks WHERE anonymous_id = '\(site.mark)'")
                    == [Site.once(6)])
        }
    }
}
