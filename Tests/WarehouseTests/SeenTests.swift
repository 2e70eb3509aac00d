import Events
import Testing
import Warehouse

extension EngineTests {
    @Suite struct SeenTests {
        let folder = TemporaryFolder()

        private let told = [
            click(id: 1, device: "a", second: 10), click(id: 2, device: "a", second: 5),
            click(id: 3, device: "a", second: 7, day: 25), click(id: 4, device: "", session: "s", second: 8),
            click(id: 5, device: "b", session: "s", second: 9, verdict: "bot"),
        ]
        private let rows = [
            "click\t2026-11-24\t\ts\t\t2026-11-24 01:46:08.000", "click\t2026-11-24\ta\t\t\t2026-11-24 01:46:05.000",
            "click\t2026-11-24\tb\t\tbot\t2026-11-24 01:46:09.000",
            "click\t2026-11-25\ta\t\t\t2026-11-25 01:46:07.000",
        ]

        private func seen(_ warehouse: EmbeddedWarehouse) throws -> [String] {
            try warehouse.text(
                """
                SELECT kind, day, anonymous_id, session_id, verdict, min(first_at) FROM seen_local
                GROUP BY kind, day, anonymous_id, session_id, verdict ORDER BY kind, day, anonymous_id
                """
            ).split(separator: "\n").map(String.init)
        }

        @Test func `What comes twice, late or in another order leaves a row a viewer and day`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            for (token, order) in [[4, 2, 0], [1, 3, 0, 2], [0, 1, 2, 3, 4]].enumerated() {
                try warehouse.insert(order.map { told[$0] }.joined(), into: .click, token: "\(token)")
            }
            #expect(try seen(warehouse) == rows)
            try warehouse.query("OPTIMIZE TABLE seen_local FINAL", format: "Null") { _ in }
            #expect(try seen(warehouse) == rows)
            #expect(try warehouse.value("SELECT count() FROM seen_local") == "\(rows.count)")
            #expect(
                try warehouse.value("SELECT groupArray(viewer) FROM (SELECT viewer FROM seen ORDER BY day, viewer)")
                    == "['a','b','s','a']")
        }

        @Test func `A plan that is finished after a crash feeds it, whether its lines were in or not`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(told[0] + told[1], into: .click, token: "plan")
            try warehouse.query("TRUNCATE TABLE seen_local", format: "Null") { _ in }
            let lines = ByteBuffer(told.joined())
            try warehouse.insertMissing(lines.bytes, into: .events(.click), token: "plan")
            #expect(try seen(warehouse) == rows)
        }

        @Test func `A database of before it is filled from its events, as often as the step is repeated`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.query("DROP VIEW seen_feed_clicks", format: "Null") { _ in }
            try warehouse.insert(told.joined(), into: .click, token: "t")
            #expect(try seen(warehouse) == [])
            for _ in 0..<2 {
                try warehouse.query("TRUNCATE TABLE schema_migrations", format: "Null") { _ in }
                try warehouse.migrate()
            }
            #expect(try seen(warehouse) == rows)
        }
    }
}

private func click(
    id: Int, device: String, session: String = "", second: Int, verdict: String = "", day: Int = 24
) -> String {
    let at = "2026-11-\(day) 01:46:\(second < 10 ? "0" : "")\(second).000"
    return
        "{\"event_id\":\"\(uuid(id))\",\"user_id\":\"\(UUID.none)\",\"time\":\"\(at)\","
        + "\"received_at\":\"2026-11-24 01:46:00.125\",\"anonymous_id\":\"\(device)\",\"session_id\":\"\(session)\","
        + "\"verdict\":\"\(verdict)\",\"obj_id\":\"play\",\"url\":\"/\"}\n"
}
