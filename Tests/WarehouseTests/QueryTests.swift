import Events
import Glibc
import Platform
import Synchronization
import Testing
import Warehouse

extension EngineTests {
    @Suite struct QueryTests {
        let folder = TemporaryFolder()

        @Test func `Every common format comes whole through the pipe`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let starts: [(String, String)] = [
                ("Parquet", "PAR1"), ("Arrow", "ARROW1"), ("ORC", "ORC"), ("ArrowStream", "\u{FF}"), ("Native", ""),
                ("JSON", "{\n"), ("JSONEachRow", "{\"number\":\"0\""),
                ("CSVWithNames", "\"number\",\"text\"\n0,\"0\"\n"),
                ("TSVWithNamesAndTypes", "number\ttext\nUInt64\tString\n"), ("Pretty", ""), ("PrettyCompact", ""),
                ("Vertical", "Row 1"), ("Markdown", "| number"), ("XML", "<?xml"), ("RowBinary", ""), ("MsgPack", ""),
            ]
            for (format, start) in starts {
                let answer = ByteBuffer()
                try warehouse.readOnlyQuery(
                    "SELECT number, toString(number) AS text FROM numbers(1000)", defaultFormat: format,
                    limits: QueryLimits(), onFormat: { _ in }
                ) {
                    answer.append($0)
                    return true
                }
                #expect(answer.count > 1000, "\(format)")
                let start = start.replacing("\"0\"", with: format == "JSONEachRow" ? "0" : "\"0\"")
                if start != "\u{FF}" { #expect(answer.string.hasPrefix(start), "\(format)") }
            }
        }

        @Test func `What Parquet holds is what the table holds`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(click(id: 1) + click(id: 2), into: .click, token: "t")
            let path = folder.path + "/export.parquet"
            let file = open(path, O_WRONLY | O_CREAT, 0o600)
            try warehouse.readOnlyQuery(
                "SELECT * FROM clicks FORMAT Parquet", defaultFormat: "TSV", limits: QueryLimits(), onFormat: { _ in }
            ) {
                write(file, $0.baseAddress, $0.count) == $0.count
            }
            close(file)
            let read = "SELECT toString(event_id), obj_id, time FROM"
            #expect(
                try warehouse.text(
                    "\(read) file('\(path)', 'Parquet', 'event_id UUID, obj_id String, time DateTime64(3, \\'UTC\\')') ORDER BY 1"
                )
                    == warehouse.text("\(read) clicks ORDER BY 1"))
        }

        @Test func `A large answer streams piece by piece, in order`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            var pieces = 0
            var next: UInt64 = 0
            let rest = ByteBuffer()
            try warehouse.readOnlyQuery(
                "SELECT number FROM numbers(2000000) ORDER BY number", defaultFormat: "RowBinary",
                limits: QueryLimits(rowsMax: 2_000_000), onFormat: { _ in }
            ) { bytes in
                pieces += 1
                rest.append(bytes)
                let whole = rest.count / 8
                for index in 0..<whole
                where rest.bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) == next {
                    next += 1
                }
                let left = ByteBuffer()
                left.append(UnsafeRawBufferPointer(rebasing: rest.bytes[(whole * 8)...]))
                rest.clear()
                rest.append(left.bytes)
                return true
            }
            #expect(next == 2_000_000)
            #expect(pieces > 10)
        }

        /// Rows of text come another way than files do.
        @Test(arguments: ["TSV", "JSONEachRow"])
        func `Rows of the house's own questions are what the engine writes into a file`(format: String) throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let sql = """
                WITH 'x\\ty\\n\\'\\0й' AS t
                SELECT number AS `a b`, number / 3 AS `left`, if(number % 2 = 0, NULL, number) AS n, t, [t, ''] AS texts,
                    (1, t) AS pair, toDateTime64('2026-01-02 03:04:05.678', 3, 'UTC') AS time,
                    toUUID('11111111-0000-4000-8000-000000000000') AS id, nan AS nothing, toLowCardinality(t) AS low
                FROM numbers(100000) ORDER BY number -- the end
                """
            let answer = ByteBuffer()
            try warehouse.query(sql, format: format) { answer.append($0) }
            let written = ByteBuffer()
            try warehouse.readOnlyQuery(sql, defaultFormat: format, limits: QueryLimits(), onFormat: { _ in }) {
                written.append($0)
                return true
            }
            #expect(answer.bytes.elementsEqual(written.bytes))
            #expect(try warehouse.text("SELECT 1 WHERE 0", format: format) == "")
            #expect(throws: WarehouseError.self) { try warehouse.text("SELECT none", format: format) }
        }

        @Test func `Rows of the house's own questions stream piece by piece too`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            var pieces = 0
            var largest = 0
            var lines = 0
            try warehouse.query("SELECT number FROM numbers(3000000)", format: "TSV") { piece in
                pieces += 1
                largest = max(largest, piece.count)
                lines += piece.count { $0 == UInt8(ascii: "\n") }
            }
            #expect(lines == 3_000_000)
            #expect(pieces > 20)
            #expect(largest < 2_000_000)
        }

        @Test func `An answer of more rows than allowed is cut and says so`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let limits = QueryLimits(rowsMax: 10)
            #expect(
                try warehouse.client("SELECT number FROM numbers(10)", limits: limits).split(separator: "\n").count
                    == 10)
            let answer = ByteBuffer()
            do throws(WarehouseError) {
                try warehouse.readOnlyQuery(
                    "SELECT number FROM numbers(1000000)", defaultFormat: "TSV", limits: limits, onFormat: { _ in }
                ) {
                    answer.append($0)
                    return true
                }
                Issue.record("no error")
            } catch {
                #expect(error == .limit("The answer has more than 10 rows and was cut there"))
            }
            #expect(answer.string.split(separator: "\n").count == 11)
        }

        @Test(arguments: [
            ("SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))", QueryLimits(seconds: 1)),
            (
                "SELECT (SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number)))",
                QueryLimits(seconds: 1)
            ),
            ("SELECT groupArray(number) FROM numbers(100000000)", QueryLimits(memoryBytesMax: 50_000_000)),
            ("SELECT uniqExact(number) FROM numbers(100000000)", QueryLimits(memoryBytesMax: 50_000_000)),
        ])
        func `Time and memory are limited`(sql: String, limits: QueryLimits) throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            do {
                _ = try warehouse.client(sql, limits: limits)
                Issue.record("answered")
            } catch WarehouseError.limit(let reason) {
                #expect(!reason.contains("/proc/"), "\(reason)")
            }
            #expect(try warehouse.client("SELECT 1") == "1\n")
        }

        @Test func `A caller that stops listening ends the query`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            var pieces = 0
            let start = Clock.monotonicMilliseconds()
            try warehouse.readOnlyQuery(
                "SELECT number, randomString(100) FROM numbers(1000000000)", defaultFormat: "TSV",
                limits: QueryLimits(rowsMax: 1_000_000_000, seconds: 60), onFormat: { _ in }
            ) { _ in
                pieces += 1
                return pieces < 3
            }
            #expect(pieces == 3)
            #expect(Clock.monotonicMilliseconds() - start < 30_000)
            #expect(try warehouse.client("SELECT 1") == "1\n")
        }

        @Test func `A client's query waits for its turn no longer than it may run`() throws {
            let warehouse = try openWarehouse(EmbeddedOptions(clientQueriesMax: 1), in: folder)
            defer { warehouse.close() }
            let answered = Condition((reached: false, free: false))
            let thread = Thread("client") {
                try? warehouse.readOnlyQuery(
                    "SELECT 1", defaultFormat: "TSV", limits: QueryLimits(), onFormat: { _ in }
                ) {
                    _ in
                    answered.withLock { $0.reached = true }
                    answered.broadcast()
                    return answered.wait(until: { $0.free }) { _ in true }
                }
            }
            answered.wait(until: { $0.reached }) { _ in }
            #expect(throws: WarehouseError.limit("Too many queries at once: try again later")) {
                try warehouse.client("SELECT 1", limits: QueryLimits(seconds: 1))
            }
            answered.withLock { $0.free = true }
            answered.broadcast()
            thread.join()
            #expect(try warehouse.client("SELECT 1") == "1\n")
        }

        @Test func `Closing ends clients' queries`() throws {
            let warehouse = try openWarehouse(in: folder)
            let started = Condition(false)
            let thread = Thread("client") {
                // Its first rows tell that it runs.
                try? warehouse.readOnlyQuery(
                    "SELECT number FROM numbers(100000000000)", defaultFormat: "TSV",
                    limits: QueryLimits(rowsMax: 100_000_000_000, seconds: 60), onFormat: { _ in }
                ) { _ in
                    started.withLock { $0 = true }
                    started.signal()
                    return true
                }
            }
            started.wait(until: { $0 }) { _ in }
            let start = Clock.monotonicMilliseconds()
            warehouse.close()
            thread.join()
            #expect(Clock.monotonicMilliseconds() - start < 30_000)
        }

        @Test func `An error in the middle of an answer is thrown`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            #expect(throws: WarehouseError.self) {
                try warehouse.client("SELECT throwIf(number = 900000) FROM numbers(1000000)")
            }
        }

        @Test func `Queries and inserts run side by side`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let failures = Mutex<[String]>([])
            let threads = (0..<8).map { index in
                Thread("caller \(index)") {
                    do {
                        for round in 0..<10 {
                            let id = index * 100 + round
                            try warehouse.insert(click(id: id), into: .click, token: "t\(id)")
                            _ = try warehouse.client("SELECT count() FROM clicks")
                            _ = try warehouse.text("SELECT count() FROM clicks")
                        }
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
            }
            for thread in threads { thread.join() }
            #expect(failures.withLock { $0 } == [])
            #expect(try warehouse.value("SELECT count() FROM clicks") == "80")
        }

        @Test func `A statement of the house's own that fails says why`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            do throws(WarehouseError) {
                try warehouse.query("SELECT nothing FROM nowhere", format: "TSV") { _ in }
                Issue.record("answered")
            } catch {
                guard case .badQuery(let reason) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(reason.contains("nowhere") && !reason.contains("/proc/"))
            }
        }

        @Test func `The engine's memory is known, and nothing runs after closing`() throws {
            let warehouse = try openWarehouse(in: folder)
            #expect(try #require(warehouse.engineMemoryBytes) > 1_000_000)
            warehouse.close()
            warehouse.close()
            #expect(throws: WarehouseError.unavailable("The warehouse is closed")) { try warehouse.text("SELECT 1") }
            #expect(throws: WarehouseError.unavailable("The warehouse is closed")) {
                try warehouse.insert(click(id: 1), into: .click, token: "t")
            }
        }
    }
}
