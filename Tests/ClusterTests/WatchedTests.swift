import Events
import Glibc
import TestSupport
import Testing
import Warehouse

extension ClusterTests {
    /// What was watched, on a cluster.
    @Suite("What was watched") struct WatchedTests {
        private static let seconds = "SELECT viewer, seconds, parts, plays, position FROM watched ORDER BY viewer"
        private static let viewers = 20
        private static let expected = (0..<viewers).map { "v\(100 + $0)\t25\t[(0,20),(3600,3605)]\t1\t25" }

        /// Three events of each of twenty viewers: two that overlap, and a jump of an hour.
        private static func told() -> [[String]] {
            var story = StoryLines()
            return (0..<viewers).map { viewer in
                for (part, (at, interval)) in [(10.0, (0.0, 10.0)), (20, (5, 20)), (25, (3600, 3605))].enumerated() {
                    story.watch(
                        CountedEvening.film, at: at, by: "v\(100 + viewer)", id: viewer * 3 + part, position: at,
                        [interval])
                }
                return story.take()[.film]!.split(separator: "\n").map(String.init)
            }
        }

        @Test("What comes twice, late or in another order changes nothing, on any replica")
        func repeated() throws {
            let cluster = try ClusterTests.cluster()
            let warehouse = try ClusterWarehouse(cluster)
            defer { warehouse.close() }
            try warehouse.migrate()
            let told = WatchedTests.told()
            let orders = [told.map { $0[2] }, told.map { $0[0] }, told.flatMap { $0.reversed() }, told.flatMap { $0 }]
            for (number, lines) in orders.enumerated() {
                try warehouse.insert(lines, .events(.film), token: "\(number)")
            }
            try warehouse.insert(orders[0], .events(.film), token: "0")
            #expect(try rows(warehouse) == WatchedTests.expected)
            for node in cluster.nodes { _ = try node.ask("OPTIMIZE TABLE watched_local FINAL") }
            for node in cluster.nodes {
                #expect(
                    holds(within: 30_000) {
                        (try? node.ask(WatchedTests.seconds)) == WatchedTests.expected.joined(separator: "\n") + "\n"
                    })
            }
        }

        @Test("An insert that one shard alone took feeds it once it is repeated")
        func interrupted() throws {
            let cluster = try ClusterTests.cluster()
            let warehouse = try ClusterWarehouse(cluster)
            defer { warehouse.close() }
            try warehouse.migrate()
            let lines = WatchedTests.told().flatMap { $0 }
            cluster.nodes[2].process.kill()
            cluster.nodes[3].process.kill()
            #expect(
                performing: { try warehouse.insert(lines, .events(.film), token: "a") },
                throws: { "\($0)".contains("unavailable") })
            for node in cluster.nodes[2...] { try node.process.start() }
            for node in cluster.nodes[2...] { try node.waitUntilReady() }
            #expect(holds(within: 60_000) { (try? warehouse.insert(lines, .events(.film), token: "a")) != nil })
            try expectOnce(warehouse, lines)
        }

        @Test("Events that a crash left in their table without feeding it feed it when their plan is finished")
        func unfed() throws {
            let cluster = try ClusterTests.cluster()
            let warehouse = try ClusterWarehouse(cluster)
            defer { warehouse.close() }
            try warehouse.migrate()
            let lines = WatchedTests.told().flatMap { $0 }
            // What feeds it is away, the events' own table is not.
            let feed = try cluster.nodes[0].ask("SHOW CREATE TABLE watched_input_all FORMAT TSVRaw")
            for node in cluster.nodes { _ = try node.ask("DROP TABLE watched_input_all") }
            #expect(throws: WarehouseError.self) { try warehouse.insert(lines, .events(.film), token: "a") }
            #expect(try warehouse.number("SELECT count() FROM views_all") == Int64(lines.count))
            #expect(try rows(warehouse) == [])
            for node in cluster.nodes { _ = try node.ask(feed) }
            let text = Array((lines.joined(separator: "\n") + "\n").utf8)
            try text.withUnsafeBytes { try warehouse.insertMissing($0, into: .events(.film), token: "a") }
            try expectOnce(warehouse, lines)
        }

        private func expectOnce(_ warehouse: ClusterWarehouse, _ lines: [String]) throws {
            #expect(try warehouse.number("SELECT count() FROM views_all") == Int64(lines.count))
            #expect(try rows(warehouse) == WatchedTests.expected)
        }

        @Test("A person is erased from it on every replica; what others watched stays")
        func forget() throws {
            var story = try Story(try ClusterTests.cluster())
            defer { story.end() }
            CountedEvening.tell(&story.lines)
            for (viewer, user) in [("d1", userID(1)), ("d2", userID(2))] {
                story.lines.add(
                    .film, at: 900, by: viewer, user: user,
                    "\"film_id\":\"\(CountedEvening.other)\",\"timecode\":\"00:00:09.000000\",\"position\":9,\"watched\":[[0,9]]"
                )
            }
            try story.tell()
            let numbers = "film_id viewers unique_seconds"
            try story.expect([
                CountedAnswer("films", numbers, ["\(CountedEvening.film) 3 158", "\(CountedEvening.other) 3 23"])
            ])
            // What was merged here stays on the disk for minutes, and holds nobody.
            for node in story.cluster.nodes { _ = try node.ask("OPTIMIZE TABLE schema_migrations FINAL") }
            for words in [["--anonymous", "ann"], ["--user", "\(userID(1))"]] {
                let receipt = story.service.command("forget", words[0], words[1])
                #expect(receipt.code == 0, "\(receipt.output)")
            }
            for node in story.cluster.nodes {
                let hers = "anonymous_id = 'ann' OR user_id = toUUID('\(userID(1))')"
                for table in ["watched_local", "views_local"] {
                    #expect(try node.number("SELECT count() FROM \(table) WHERE \(hers)") == 0)
                }
            }
            try story.expect([
                CountedAnswer("films", numbers, ["\(CountedEvening.film) 2 98", "\(CountedEvening.other) 1 9"])
            ])
        }

        private func rows(_ warehouse: ClusterWarehouse) throws -> [String] {
            try warehouse.text(WatchedTests.seconds).split(separator: "\n").map(String.init)
        }
    }
}
