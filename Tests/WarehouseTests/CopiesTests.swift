import Events
import TestSupport
import Testing
import Warehouse

extension EngineTests {
    /// Where events may be stored twice, and that they are counted once wherever that is.
    @Suite struct CopiesTests {
        let folder = TemporaryFolder()

        /// `once` by what is known of copies, and by the view.
        private func expectOnce(_ warehouse: EmbeddedWarehouse, sourceLocation: SourceLocation = #_sourceLocation)
            throws
        {
            let columns = ["event_id", "obj_id", "user_id", "time", "received_at"]
            let rows = warehouse.dialect.eachOnce(.click, columns, where: "1", copies: warehouse.copies.slices(.click))
            let order = "ORDER BY event_id, obj_id"
            #expect(
                try warehouse.text("SELECT * FROM (\(rows)) \(order)")
                    == warehouse.text("SELECT \(columns.joined(separator: ", ")) FROM clicks \(order)"),
                sourceLocation: sourceLocation)
        }

        @Test func `Nothing is known at first; after a search tables hold each event once, the latest of its copies`()
            throws
        {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(click(id: 1) + click(id: 2), into: .click, token: "a")
            try warehouse.insert(click(id: 1, received: "2026-11-24 02:00:00.000", user: 7), into: .click, token: "b")
            try warehouse.insert(click(id: 1, received: "2026-11-23 02:00:00.000", user: 8), into: .click, token: "c")
            try warehouse.insert(click(id: 1, on: "another event"), into: .click, token: "d")
            #expect(warehouse.copies.slices(.click) == .all)
            try expectOnce(warehouse)

            try warehouse.removeCopies(of: .click)
            #expect(warehouse.copies.slices(.click).isEmpty)
            #expect(
                try warehouse.value("SELECT count(), countIf(user_id = toUUID('\(uuid(7))')) FROM clicks_local")
                    == "3\t1")
            try expectOnce(warehouse)
        }

        @Test func `An insert makes its slices doubtful again, and only these`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(click(id: 1) + other(step: 9), into: .click, token: "a")
            try warehouse.removeCopies(of: .click)
            let before = warehouse.copies
            #expect(before.holds(until: warehouse.copies))

            try warehouse.insert(click(id: 1, received: "2026-11-24 02:00:00.000"), into: .click, token: "b")
            #expect(!before.holds(until: warehouse.copies))
            #expect(warehouse.copies.slices(.click).count == 1)
            #expect(try warehouse.value("SELECT count() FROM clicks_local") == "3")
            try expectOnce(warehouse)
            // Slices that an insert has just named wait for the search after the next.
            try warehouse.removeCopies(of: .click)
            try warehouse.removeCopies(of: .click)
            #expect(warehouse.copies.slices(.click).isEmpty)
            #expect(try warehouse.value("SELECT count() FROM clicks_local") == "2")
        }

        @Test func `Copies of one millisecond cannot be told apart and stay with FINAL until they are merged`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(click(id: 1) + other(step: 9), into: .click, token: "a")
            for token in ["b", "c"] { try warehouse.insert(click(id: 1), into: .click, token: token) }
            try warehouse.removeCopies(of: .click)
            #expect(warehouse.copies.slices(.click).count == 1)
            try expectOnce(warehouse)
            try warehouse.query("OPTIMIZE TABLE clicks_local FINAL", format: "Null") { _ in }
            try warehouse.removeCopies(of: .click)
            #expect(warehouse.copies.slices(.click).isEmpty)
            try expectOnce(warehouse)
        }

        @Test func `What takes a copy out names neither the event nor its viewer`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            for second in 1...3 {
                try warehouse.insert(
                    click(id: 1, received: "2026-11-24 02:00:0\(second).000"), into: .click, token: "\(second)")
            }
            try warehouse.removeCopies(of: .click)
            let said = try warehouse.text("SELECT command FROM system.mutations WHERE table = 'clicks_local'")
            #expect(said.contains("sipHash128"))
            #expect(!said.contains(uuid(1)) && !said.contains("play"))
        }

        /// Copies of any kind in any order, searched for at any moment.
        @Test(arguments: 0..<6) func `Each event counts once at every moment`(seed: UInt64) throws {
            var random = Chance(seed: seed)
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            for step in 0..<25 {
                if Int.random(in: 0..<4, using: &random) == 0 {
                    try warehouse.removeCopies(of: .click)
                } else {
                    let lines = (0..<Int.random(in: 1...20, using: &random)).map { _ in anyClick(&random) }
                    try warehouse.insert(lines.joined(), into: .click, token: "\(step)")
                }
                try expectOnce(warehouse)
            }
        }
    }
}

/// A click whose identity lies in another slice.
private func other(step: Int, _ last: String = "000000000001", second: Int = 0, user: Int = 1) -> String {
    let time = String(0x0193_579A_0000 + step * 3_600_000, radix: 16)
    let identity = "0\(time.prefix(7))-\(time.suffix(4))-7000-8000-\(last)"
    return click(id: 1, received: "2026-11-24 03:00:\(second < 10 ? "0" : "")\(second).000", user: user)
        .replacing(uuid(1), with: identity)
}

private func anyClick(_ random: inout Chance) -> String {
    let second = Int.random(in: 1..<20, using: &random)
    return other(
        step: Int.random(in: 0..<80, using: &random) * Int.random(in: 0...1, using: &random),
        "00000000000\(Int.random(in: 0..<4, using: &random))", second: second,
        // What arrives in one millisecond is the same: which of it is shown is not said.
        user: second)
}
