import Events
import Testing
import Warehouse

extension EngineTests {
    @Suite struct WatchedTests {
        let folder = TemporaryFolder()

        private let told = [
            watching(id: 1, viewer: "a", second: 10, [(0, 10)]),
            watching(id: 2, viewer: "a", second: 20, [(10, 20)]),
            watching(id: 3, viewer: "a", second: 25, [(5, 15), (3600, 3605)], day: 25),
            watching(id: 4, viewer: "b", second: 71, [(0, 35), (3600, 3636)], verdict: "implausible"),
            watching(id: 5, viewer: "b", second: 8, []),
        ]
        private let seconds = [
            "a\t\t25\t[(0,20),(3600,3605)]\t1\t25\t7200", "b\t\t0\t[]\t1\t8\t7200",
            "b\timplausible\t71\t[(0,35),(3600,3636)]\t1\t71\t7200",
        ]

        private func watched(_ warehouse: EmbeddedWarehouse) throws -> [String] {
            try warehouse.text(
                "SELECT viewer, verdict, seconds, parts, plays, position, duration FROM watched ORDER BY viewer, verdict"
            ).split(separator: "\n").map(String.init)
        }

        @Test func `What comes twice, late or in another order changes nothing`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            for (token, order) in [[4, 2, 0], [1, 3, 0, 2], [0, 1, 2, 3, 4]].enumerated() {
                try warehouse.insert(order.map { told[$0] }.joined(), into: .film, token: "\(token)")
            }
            #expect(try watched(warehouse) == seconds)
            try warehouse.query("OPTIMIZE TABLE watched_local FINAL", format: "Null") { _ in }
            #expect(try watched(warehouse) == seconds)
        }

        @Test func `A plan that is finished after a crash feeds it, whether its lines were in or not`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(told[0] + told[1], into: .film, token: "plan")
            try warehouse.query("TRUNCATE TABLE watched_local", format: "Null") { _ in }
            let lines = ByteBuffer(told.joined())
            try warehouse.insertMissing(lines.bytes, into: .events(.film), token: "plan")
            #expect(try watched(warehouse) == seconds)
        }

        @Test func `A database of before it is filled from its events, as often as the step is repeated`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.query("DROP VIEW watched_feed", format: "Null") { _ in }
            try warehouse.insert(told.joined(), into: .film, token: "t")
            #expect(try watched(warehouse) == [])
            for _ in 0..<2 {
                try warehouse.query("TRUNCATE TABLE schema_migrations", format: "Null") { _ in }
                try warehouse.migrate()
            }
            #expect(try watched(warehouse) == seconds)
        }

        @Test func `Intervals that are none fall away, and ends are rounded`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let odd = [
                (10, 10), (20, 5), (-9, -3), (-5, 2.5), (1e300, 1e301), (65530.4, 1e9), (70.49, 70.5), (0.2, 0.4),
            ]
            try warehouse.insert(watching(id: 1, viewer: "a", second: 1e9, odd), into: .film, token: "t")
            #expect(try watched(warehouse) == ["a\t\t9\t[(0,3),(70,71),(65530,65535)]\t1\t65535\t7200"])
        }

        @Test func `Whoever claims all of many films at once costs no more than the lines`() throws {
            let warehouse = try openWarehouse(EmbeddedOptions(memoryBytesMax: 1 << 29), in: folder)
            defer { warehouse.close() }
            let lines = (0..<20_000).map { watching(id: $0, viewer: "v\($0)", second: 1, [(0, 65_535), (0, 65_534)]) }
            try warehouse.insert(lines.joined(), into: .film, token: "t")
            #expect(try warehouse.value("SELECT count(), sum(seconds) FROM watched") == "20000\t1310700000")
        }

        @Test func `A viewing keeps so many intervals and no more`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            for batch in 0..<7 {
                let lines = (0..<10).map { line in
                    let first = (batch * 10 + line) * 900
                    return watching(
                        id: batch * 10 + line, viewer: "a", second: 1,
                        (first..<(first + 900)).map { (Double($0) / 4, Double($0) + 2) } + [(0, 1)])
                }
                try warehouse.insert(lines.joined(), into: .film, token: "\(batch)")
            }
            try warehouse.insert(
                (100..<110).map { id in
                    watching(id: id, viewer: "a", second: 1, (0..<900).map { (Double($0), Double($0 + 1000 + id)) })
                }.joined(), into: .film, token: "more")
            try warehouse.query("OPTIMIZE TABLE watched_local FINAL", format: "Null") { _ in }
            #expect(
                try warehouse.value("SELECT length(spans) <= 65536 AND length(spans) > 60000 FROM watched_local") == "1"
            )
        }
    }
}

/// A line of a film's event, as the Collector writes it.
private func watching(
    id: Int, viewer: String, second: Double, _ watched: [(Double, Double)], verdict: String = "", day: Int = 24
) -> String {
    let intervals = watched.map { "[\($0.0),\($0.1)]" }.joined(separator: ",")
    return
        "{\"event_id\":\"\(uuid(id))\",\"user_id\":\"\(UUID.none)\",\"time\":\"2026-11-\(day) 01:46:00.\(100 + id % 900)\","
        + "\"received_at\":\"2026-11-24 01:46:00.125\",\"anonymous_id\":\"\(viewer)\",\"verdict\":\"\(verdict)\","
        + "\"film_id\":\"\(uuid(42))\",\"timecode\":\"00:00:00.000000\",\"position\":\(second),\"duration\":7200,"
        + "\"watched\":[\(intervals)]}\n"
}
