import Events
import Testing
import Warehouse

extension EngineTests {
    @Suite struct SchemaTests {
        let folder = TemporaryFolder()

        @Test func `Migrating twice, and again after reopening, changes nothing`() throws {
            let first = try openWarehouse(in: folder)
            try first.migrate()
            #expect(try first.value("SELECT count(), max(version) FROM schema_migrations") == "6\t6")
            try first.insert(click(id: 1), into: .click, token: "a")
            first.close()

            let second = try openWarehouse(in: folder)
            defer { second.close() }
            #expect(try second.value("SELECT count(), max(version) FROM schema_migrations") == "6\t6")
            #expect(try second.value("SELECT count() FROM clicks") == "1")
        }
    }
}

extension EngineTests.SchemaTests {
    @Test func `A table of before is given its viewers' numbers, the same for a user and for a device everywhere`()
        throws
    {
        let warehouse = try openWarehouse(in: folder)
        defer { warehouse.close() }
        try warehouse.query("ALTER TABLE clicks_local DROP COLUMN viewer", format: "Null") { _ in }
        let anonymous = click(id: 2).replacing(uuid(1), with: "\(UUID.none)")
            .replacing("}\n", with: ",\"anonymous_id\":\"device\"}\n")
        try warehouse.insert(click(id: 1) + anonymous, into: .click, token: "before")
        for _ in 0..<2 {
            try warehouse.query("TRUNCATE TABLE schema_migrations", format: "Null") { _ in }
            try warehouse.migrate()
        }
        try warehouse.insert(
            (click(id: 3) + anonymous).replacing(uuid(2), with: uuid(4)), into: .click, token: "after")
        #expect(try warehouse.value("SELECT count(), uniqExact(viewer) FROM clicks_local") == "4\t2")
        let mark = warehouse.dialect.viewerMark(hasViewing: false)
        #expect(try warehouse.value("SELECT countIf(viewer = \(mark)) FROM clicks_local") == "4")
    }

    @Test func `A table of before is given its films' intervals in whole seconds`() throws {
        let warehouse = try openWarehouse(in: folder)
        defer { warehouse.close() }
        try warehouse.query("ALTER TABLE views_local DROP COLUMN spans", format: "Null") { _ in }
        let film =
            "{\"event_id\":\"\(uuid(1))\",\"film_id\":\"\(uuid(9))\",\"time\":\"2026-01-02 03:04:05.678\","
            + "\"received_at\":\"2026-01-02 03:04:05.678\",\"watched\":[[0.4,10.5],[20,20.2],[65000,70000]]}\n"
        try warehouse.insert(film, into: .film, token: "before")
        for _ in 0..<2 {
            try warehouse.query("TRUNCATE TABLE schema_migrations", format: "Null") { _ in }
            try warehouse.migrate()
        }
        try warehouse.insert(film.replacing(uuid(1), with: uuid(2)), into: .film, token: "after")
        let spans = [11, 65_000 * 65_536 + 65_535]
        #expect(
            try warehouse.value("SELECT spans, count() FROM views_local GROUP BY spans")
                == "[\(spans.map(String.init).joined(separator: ","))]\t2")
    }

    @Test func `A schema newer than the program is refused`() throws {
        let first = try openWarehouse(in: folder)
        defer { first.close() }
        try first.query("INSERT INTO schema_migrations (version, name) SELECT 99, 'later'", format: "Null") { _ in }
        do throws(WarehouseError) {
            try first.migrate()
            Issue.record("migrated")
        } catch {
            guard case .unavailable(let reason) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(reason.contains("99") && reason.contains("newer Cinelog"))
        }
    }

    @Test func `A step that a crash broke off is done again`() throws {
        let warehouse = try openWarehouse(in: folder)
        defer { warehouse.close() }
        try warehouse.insert(click(id: 1), into: .click, token: "t")
        try warehouse.query("DROP VIEW custom_events", format: "Null") { _ in }
        try warehouse.query("TRUNCATE TABLE schema_migrations", format: "Null") { _ in }
        try warehouse.migrate()
        #expect(try warehouse.value("SELECT count() FROM clicks") == "1")
        #expect(try warehouse.value("SELECT count() FROM custom_events") == "0")
    }

    @Test func `Retention follows the setting from start to start`() throws {
        // The last one was received while the machine's clock was wrong.
        let old = ["2020-01-01 00:00:00.000", "2099-01-01 00:00:00.000", "1970-01-02 00:00:00.000"].enumerated()
            .map { click(id: $0, received: $1) }.joined()
        for (start, (days, left)) in [(0, "3"), (30, "2"), (30, "2"), (60, "2"), (0, "2")].enumerated() {
            let warehouse = try openWarehouse(EmbeddedOptions(retentionDays: days), in: folder)
            defer { warehouse.close() }
            // Once: what has expired may come again when its part, and the part's token with it, has left the disk.
            if start == 0 { try warehouse.insert(old, into: .click, token: "t") }
            try warehouse.query("OPTIMIZE TABLE clicks_local FINAL", format: "Null") { _ in }
            let count = try warehouse.value("SELECT count() FROM clicks")
            #expect(count == left, "\(days) days")
            let definition = try warehouse.value("SELECT engine_full FROM system.tables WHERE name = 'clicks_local'")
            #expect(definition.contains("toIntervalDay(\(days))") == (days > 0))
        }
    }

    @Test func `The engine understands the declared columns as they are meant`() throws {
        let warehouse = try openWarehouse(in: folder)
        defer { warehouse.close() }
        for table in EventTable.all {
            for name in [table.storageName] + table.viewNames {
                let columns = try warehouse.text(
                    "SELECT name FROM system.columns WHERE database = 'default' AND table = '\(name)' AND default_kind = '' ORDER BY position"
                )
                #expect(columns == table.columns.map { $0.name + "\n" }.joined())
            }
        }
    }
}

@Suite struct DialectTests {
    @Test func `The embedded dialect renders the clicks table`() {
        #expect(Dialect.embedded(retentionDays: 90).createStorage(EventTable.of(.click)) == clicksStorage)
        #expect(
            Dialect.embedded().createStorage(EventTable.of(.click))
                == clicksStorage.replacing(
                    "TTL toDateTime(received_at) + toIntervalDay(90) WHERE toYear(received_at) >= 2000\n", with: ""))
    }

    @Test(arguments: [
        (
            EventKind.page, "url",
            ["url String", "duration Float64", "title String", "referrer String", "scroll Nullable(Float64)"]
        ),
        (
            .film, "film_id",
            [
                "film_id UUID", "timecode String", "position Float64", "view_id String", "duration Nullable(Float64)",
                "watched Array(Tuple(Float64, Float64))", "rate Nullable(Float64)", "quality LowCardinality(String)",
            ]
        ),
        (.custom, "name", ["name LowCardinality(String)", "information String"]),
    ])
    func `The other tables differ in their name, key and own columns`(kind: EventKind, key: String, own: [String]) {
        let ddl = Dialect.embedded().createStorage(EventTable.of(kind))
        #expect(ddl.hasPrefix("CREATE TABLE IF NOT EXISTS \(kind.topic)_local\n"))
        #expect(ddl.contains("ORDER BY (\(key), toUInt128(event_id))\n"))
        let declared = Dialect.embedded().structure(EventTable.of(kind)).split(separator: ", ").suffix(
            own.joined(separator: ", ").split(separator: ", ").count)
        #expect(declared.joined(separator: ", ") == own.joined(separator: ", "))
    }

    @Test func `The views read every event once`() {
        #expect(
            Dialect.embedded().createView("custom_events_distributed", over: EventTable.of(.custom)) == """
                CREATE OR REPLACE VIEW custom_events_distributed AS
                SELECT event_id, user_id, time, received_at, anonymous_id, session_id, platform, app_version, verdict, extra, name, information
                FROM custom_events_local FINAL
                SETTINGS use_skip_indexes_if_final_exact_mode = 0
                """)
    }
}

private let clicksStorage = """
    CREATE TABLE IF NOT EXISTS clicks_local
    (
        event_id UUID CODEC(ZSTD(1)) COMMENT 'One event, however often it is sent',
        user_id UUID CODEC(ZSTD(1)) COMMENT 'From the token; the nil UUID is an anonymous viewer',
        time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'When it happened, by the viewer\\'s corrected clock',
        received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'When it was accepted; of several copies the latest is kept',
        anonymous_id String CODEC(ZSTD(1)) COMMENT 'The device\\'s own identity',
        session_id String CODEC(ZSTD(1)) COMMENT 'One visit',
        platform LowCardinality(String) COMMENT 'web, ios, tv, …',
        app_version LowCardinality(String) COMMENT 'The application\\'s version',
        verdict LowCardinality(String) COMMENT 'Empty: good. Else why not to trust it: bot, implausible, clock',
        extra String CODEC(ZSTD(1)) COMMENT 'Fields beyond the contract, as JSON',
        obj_id String CODEC(ZSTD(1)) COMMENT 'What was clicked',
        url String CODEC(ZSTD(1)) COMMENT 'On which page',
        x Nullable(Float64) CODEC(ZSTD(1)) COMMENT 'Where, in pixels',
        y Nullable(Float64) CODEC(ZSTD(1)) COMMENT 'Where, in pixels',
        text String CODEC(ZSTD(1)) COMMENT 'Its label',
        viewer UInt64 MATERIALIZED sipHash64(user_id, if(user_id != toUUID('00000000-0000-0000-0000-000000000000'), '', if(anonymous_id != '', anonymous_id, session_id))) CODEC(ZSTD(1)) COMMENT 'The viewer as a number: user, else device, else visit',
        slice UInt32 MATERIALIZED toUInt32(bitShiftRight(toUInt128(event_id), 97)) CODEC(Delta, ZSTD(1)) COMMENT 'The first 31 bits of event_id: 131 seconds of a UUIDv7',
        INDEX time_range time TYPE minmax GRANULARITY 1
    )
    ENGINE = ReplacingMergeTree(received_at)
    PARTITION BY toYYYYMM(received_at)
    ORDER BY (obj_id, toUInt128(event_id))
    TTL toDateTime(received_at) + toIntervalDay(90) WHERE toYear(received_at) >= 2000
    SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1, \
    cleanup_delay_period = 2, max_cleanup_delay_period = 2, cleanup_delay_period_random_add = 0
    """
