import Events
import Glibc
import Platform
import Testing
import Warehouse

/// The figures that decisions hang on: `CINELOG_MEASURE=1 swift test -c release --filter Measurements`. Some minutes.
extension EngineTests {
    @Suite(.enabled(if: getenv("CINELOG_MEASURE") != nil)) struct Measurements {
        let folder = TemporaryFolder()

        @Test func `Inserts are at least 0.7 times as fast as the engine's own reading of a file`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let lines = clicks(50_000)
            let path = folder.path + "/clicks.json"
            let file = open(path, O_WRONLY | O_CREAT, 0o600)
            #expect(write(file, lines.base, lines.count) == lines.count)
            close(file)
            let storage = Dialect.embedded().createStorage(EventTable.of(.click)).replacing(
                "clicks_local", with: "reference")
            try warehouse.run(storage.replacing(", fsync_after_insert = 1, fsync_part_directory = 1", with: ""))
            let structure = Dialect.embedded().structure(EventTable.of(.click)).replacing("'", with: "\\'")
            let reference = "INSERT INTO reference SELECT * FROM file('\(path)', 'JSONEachRow', '\(structure)')"
            var ratios: [Double] = []
            var rates: [Double] = []
            for round in 0..<20 {
                let own = try seconds { try warehouse.insert(lines.bytes, into: .events(.click), token: "\(round)") }
                let engine = try seconds { try warehouse.run(reference) }
                ratios.append(engine / own)
                rates.append(50_000 / own)
            }
            print("insert: \(Int(median(rates))) rows/s, \(median(ratios)) times the engine's own")
            #expect(median(ratios) >= 0.7)
        }

        @Test func `A million rows in small batches stay within 600 MiB`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            print("memory: \(residentMiB()) MiB at the start")
            var peak = 0
            var time = 0.0
            for batch in 0..<2000 {
                let lines = clicks(500, from: batch * 500)
                time += try seconds { try warehouse.insert(lines.bytes, into: .events(.click), token: "\(batch)") }
                peak = max(peak, residentMiB())
            }
            _ = try warehouse.client("SELECT obj_id, uniq(user_id) FROM clicks GROUP BY obj_id")
            print(
                "memory: peak \(peak) MiB, then \(residentMiB()) MiB; \(Int(1_000_000 / time)) rows/s in batches of 500"
            )
            #expect(peak <= 600)
        }

        /// Key `a` holds the time and the user, `b` the event only; identities are UUIDv7 or UUIDv4.
        @Test func `A key without time costs little`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            var inserts: [String: [Double]] = [:]
            let tables = SortKeyData.tables
            for (name, key, _) in tables { try warehouse.run(SortKeyData.create(name, key)) }
            for part in 0..<50 {
                for (name, _, identity) in tables {
                    let insert = SortKeyData.insert(name, identity, part: part)
                    inserts[name, default: []].append(100_000 / (try seconds { try warehouse.run(insert) }))
                }
            }
            for (name, _, _) in tables { print("sort key: \(name) insert \(Int(median(inserts[name]!))) rows/s") }
            for (query, sql) in SortKeyData.queries {
                var line = "sort key: \(query)"
                for (name, _, _) in tables {
                    for exact in name.hasPrefix("a") ? [1] : [0, 1] {
                        let settings = " SETTINGS use_skip_indexes_if_final_exact_mode = \(exact)"
                        let statement = sql.replacing("TABLE", with: name + " FINAL") + settings
                        let times = try (0..<5).map { _ in try seconds { _ = try warehouse.text(statement) } * 1000 }
                        line += "  \(name)\(exact == 1 ? "" : " not exact") \(Int(median(times))) ms"
                    }
                }
                print(line)
            }
        }
    }
}

/// Five million clicks over 90 days, made by the engine.
private enum SortKeyData {
    static let tables = [
        ("a7", "obj_id, time, user_id, event_id", version7), ("b7", "obj_id, toUInt128(event_id)", version7),
        ("a4", "obj_id, time, user_id, event_id", "generateUUIDv4()"),
        ("b4", "obj_id, toUInt128(event_id)", "generateUUIDv4()"),
    ]

    static let queries = [
        ("one hour", "SELECT count() FROM TABLE WHERE time >= '2026-12-15 10:00:00' AND time < '2026-12-15 11:00:00'"),
        (
            "one day by object",
            "SELECT obj_id, count() FROM TABLE WHERE time >= '2026-12-15' AND time < '2026-12-16' GROUP BY obj_id"
        ),
        (
            "one month by day",
            "SELECT toDate(time), uniq(user_id) FROM TABLE WHERE time >= '2026-12-01' AND time < '2027-01-01' GROUP BY 1"
        ),
        ("all by platform", "SELECT platform, count() FROM TABLE GROUP BY 1"),
        ("one object by day", "SELECT toDate(time), count() FROM TABLE WHERE obj_id = 'button#77' GROUP BY 1"),
        (
            "one object, one day",
            "SELECT uniq(user_id) FROM TABLE WHERE obj_id = 'button#3' AND time >= '2026-12-15' AND time < '2026-12-16'"
        ),
        ("the latest", "SELECT * FROM TABLE WHERE time >= '2027-01-29 23:00:00' ORDER BY time DESC LIMIT 50"),
    ]

    private static let millisecond =
        "(1793491200000 + intDiv(number * 7776000000, 5000000) + sipHash64(number, 1) % 60000)"
    private static let version7 = """
        toUUID(leftPad(lower(concat(hex(bitOr(bitShiftLeft(toUInt64(\(millisecond)), 16), toUInt64(28672 + number % 4096))), \
        hex(bitOr(toUInt64('9223372036854775808'), bitShiftRight(sipHash64(number, 7), 2))))), 32, '0'))
        """

    static func create(_ name: String, _ key: String) -> String {
        Dialect.embedded().createStorage(EventTable.of(.click)).replacing("clicks_local", with: name)
            .replacing("obj_id, toUInt128(event_id)", with: key)
    }

    static func insert(_ name: String, _ identity: String, part: Int) -> String {
        """
        INSERT INTO \(name) (event_id, user_id, time, received_at, session_id, platform, obj_id, url)
        SELECT \(identity), CAST(sipHash128(number % 200000) AS UUID), fromUnixTimestamp64Milli(\(millisecond), 'UTC') AS at,
            at + toIntervalMillisecond(50), concat('s', toString(number % 500000)), ['web', 'ios', 'tv'][1 + number % 3],
            concat('button#', toString(toUInt64(500 * pow(sipHash64(number, 2) / 18446744073709551615, 3)))),
            concat('https://cinema.example/films/', toString(number % 1000))
        FROM numbers(\(part * 100_000), 100000) SETTINGS max_threads = 1, max_block_size = 100000
        """
    }
}

extension EmbeddedWarehouse {
    fileprivate func run(_ sql: String) throws { try query(sql, format: "Null") { _ in } }
}

/// Distinct clicks of about 350 bytes, on 500 objects by many viewers.
private func clicks(_ count: Int, from first: Int = 0) -> ByteBuffer {
    let buffer = ByteBuffer(capacity: count * 400)
    for id in first..<first + count {
        let more =
            #","anonymous_id":"anon-\#(id % 997)","session_id":"sess-\#(id % 9973)","platform":"web","app_version":"1.2","#
            + #""url":"https://cinema.example/films/\#(id % 1009)","x":\#(id % 1920).5,"y":\#(id % 1080)"#
        buffer.append(click(id: id, on: "button#\(id % 503)", user: id % 4999, more: more))
    }
    return buffer
}

private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = Clock.monotonicNanoseconds()
    try body()
    return Double(Clock.monotonicNanoseconds() - start) / 1e9
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

private func residentMiB() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8($0) }, as: UTF8.self)
    return (Int(text.split(separator: " ")[1]) ?? 0) / 256
}
