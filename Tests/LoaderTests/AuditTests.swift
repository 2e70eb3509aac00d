import EventLog
import Events
import Loader
import Testing
import Warehouse

/// The ledger and its audit: over all tables, so each test begins with empty ones.
@Suite(.serialized, EngineTrait()) struct AuditTests {
    private let site: Site

    init() throws {
        site = try Site()
        for table in Table.all { try run("TRUNCATE TABLE \(table.storageName)") }
    }

    private func run(_ sql: String) throws { try site.warehouse.query(sql, format: "Null") { _ in } }

    private func findings() throws -> [Finding] {
        let reader = try site.reader()
        defer { reader.close() }
        return try Audit(reader, site.warehouse).findings()
    }

    private func totals() throws -> [String: LedgerRow] {
        let reader = try site.reader()
        defer { reader.close() }
        return Dictionary(uniqueKeysWithValues: try Audit(reader, site.warehouse).totals().map { ($0.topic, $0) })
    }

    /// Every kind's events, some of them twice, one that the engine refuses.
    private func load() async throws -> (clicks: [String], identifiers: [String]) {
        let identifiers = (0..<20).map { "0198c0de-0000-7000-8000-0000000000\(10 + $0)" }
        var clicks = identifiers.map { site.line(.click, identifier: $0) }
        clicks.append(site.line(.click, identifier: poison))
        try await site.append(.click, clicks)
        try await site.append(.click, Array(clicks[3..<6]))
        for kind in EventKind.allCases where kind != .click { try await site.append(kind, count: 7) }
        let loading = try site.load()
        try await eventually { try site.isLoaded(.click, upTo: 24) }
        for kind in EventKind.allCases where kind != .click {
            try await eventually { try site.isLoaded(kind, upTo: 7) }
        }
        await loading.stop()
        return (clicks, identifiers)
    }

    @Test func `What was loaded is balanced, and the ledger says what became of it`() async throws {
        _ = try await load()
        let found = try findings()
        #expect(found == [])
        let totals = try totals()
        let clicks = try #require(totals["clicks"])
        #expect([clicks.accepted, clicks.stored, clicks.duplicate, clicks.quarantined] == [24, 20, 3, 1])
        for topic in ["pages", "views", "custom_events"] {
            #expect(totals[topic]?.accepted == 7 && totals[topic]?.stored == 7)
        }
        #expect(totals.values.filter { !$0.isBalanced }.isEmpty)
    }

    @Test func `An empty warehouse beside an empty log is balanced`() throws {
        let (found, totals) = (try findings(), try totals())
        #expect(found == [] && totals.isEmpty)
    }

    @Test func `A row deleted behind its back is found, with its positions`() async throws {
        let identifier = try await load().identifiers[4]
        try run("ALTER TABLE clicks_local DELETE WHERE event_id = '\(identifier)' SETTINGS mutations_sync = 2")
        let found = try findings()
        #expect(
            found == [
                Finding(
                    .missing, "clicks", "clicks: event \(identifier) at clicks 0/4, clicks 0/22 is not in the table")
            ])
    }

    @Test func `A row inserted twice is found, whether it collapses later or not`() async throws {
        let identifiers = try await load().identifiers
        try run("SYSTEM STOP MERGES clicks_local")
        defer { try? run("SYSTEM START MERGES clicks_local") }
        try run("INSERT INTO clicks_local SELECT * FROM clicks_local WHERE event_id = '\(identifiers[7])'")
        try run(
            "INSERT INTO clicks_local SELECT * REPLACE ('other' AS obj_id) FROM clicks_local "
                + "WHERE event_id = '\(identifiers[9])'")
        let found = try findings().map(\.text)
        #expect(
            found == [
                "clicks: event \(identifiers[7]) at clicks 0/7 is in the table 2 times, and came 1 times",
                "clicks: event \(identifiers[9]) at clicks 0/9 is in the table 2 times, and came 1 times",
            ])
    }

    @Test func `A row that never came is found`() async throws {
        _ = try await load()
        let other = "0198c0de-0000-7000-8000-00000000ffff"
        try run(
            "INSERT INTO pages_local SELECT * REPLACE (toUUID('\(other)') AS event_id) FROM pages_local LIMIT 1")
        let found = try findings()
        #expect(
            found == [
                Finding(
                    .surplus, "pages", "pages: event \(other) at no position is in the table 1 times, and came 0 times")
            ])
    }

    @Test func `Positions that the ledger does not know are found`() async throws {
        _ = try await load()
        try run(
            """
            ALTER TABLE deliveries_local DELETE WHERE topic = 'custom_events' AND position IN (2, 3, 6)
            SETTINGS mutations_sync = 2
            """)
        let found = try findings()
        #expect(
            found.first
                == Finding(
                    .unaccounted, "custom_events",
                    "custom_events, partition 0: the ledger has no row for positions 2…3, 6"))
        #expect(found.filter { $0.kind == .surplus }.count == 3)
    }

    @Test func `A quarantined line that is not in the quarantine is found, and one too many as well`() async throws {
        _ = try await load()
        try run("INSERT INTO quarantine_local SELECT * REPLACE (99 AS position) FROM quarantine_local")
        try run("ALTER TABLE quarantine_local DELETE WHERE position = 20 SETTINGS mutations_sync = 2")
        let found = try findings().map(\.text)
        #expect(
            found == [
                "quarantine: clicks 0/20 is not there",
                "quarantine: clicks 0/99 is there, and the ledger does not know of it",
            ])
    }
}
