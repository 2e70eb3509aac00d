import Events
import Glibc
import TestSupport
import Testing
import Warehouse

extension EngineTests {
    /// What a client may and may not say. Every statement goes to the engine.
    @Suite struct GateTests {
        let folder = TemporaryFolder()

        @Test func `Reading in all its forms is allowed`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(click(id: 1) + click(id: 2), into: .click, token: "t")
            for (sql, answer) in allowed {
                do {
                    let read = try warehouse.client(sql)
                    if let answer { #expect(read == (answer.isEmpty ? "" : answer + "\n"), "\(sql)") }
                } catch {
                    Issue.record("\(sql): \(error)")
                }
            }
        }

        @Test func `Everything else is refused, says why, and changes nothing`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(click(id: 1), into: .click, token: "t")
            #expect(
                HostileStatements.all.count > 450 && Set(HostileStatements.all).count == HostileStatements.all.count)
            let tables = "SELECT count() FROM system.tables WHERE database = 'default'"
            let tablesBefore = try warehouse.value(tables)
            // Whoever listens where statements point to: nobody may call.
            let bait = ScriptedServer { _ in .answer(200, "1\n") }
            for sql in HostileStatements.all.map({ $0.replacing("127.0.0.1:1", with: "127.0.0.1:\(bait.port)") }) {
                do {
                    let read = try warehouse.client(sql)
                    Issue.record("answered: \(sql): \(read.prefix(100))")
                } catch WarehouseError.badQuery(let reason) {
                    #expect(!reason.isEmpty && !reason.contains("/proc/") && !reason.contains("Stack trace"), "\(sql)")
                } catch {
                    Issue.record("\(sql): \(error)")
                }
            }
            #expect(try warehouse.value("SELECT count() FROM clicks_local") == "1")
            #expect(try warehouse.value(tables) == tablesBefore)
            #expect(bait.connectionCount == 0)
            #expect(access("/tmp/cinelog-x", F_OK) != 0)
        }

        @Test func `A syntax error names the position in the client's own statement`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            do {
                _ = try warehouse.client("SELECT 1 FROMM x y")
                Issue.record("answered")
            } catch WarehouseError.badQuery(let reason) {
                #expect(reason.contains("failed at position 16"), "\(reason)")
            }
        }
    }
}

/// Statements with what they answer as TSV (nil: not compared).
private let allowed: [(String, String?)] = [
    ("SELECT count() FROM clicks", "2"),
    ("select 1;", "1"),
    ("SELECT 1 ; ;", "1"),
    ("  -- a comment\n SELECT 2 -- and one at the end", "2"),
    ("/* ) */ SELECT /* ; */ 3 # and one", "3"),
    ("(SELECT 1)", "1"),
    ("FROM clicks SELECT obj_id LIMIT 1", "button#play"),
    ("WITH 5 AS five, t AS (SELECT five AS a) SELECT a FROM t", "5"),
    ("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT sum(n) FROM t", "6"),
    ("SELECT * FROM (SELECT 1 UNION ALL SELECT 2) ORDER BY 1", "1\n2"),
    ("SELECT 1 INTERSECT SELECT 1", "1"),
    ("SELECT ')', 'it''s', 'a\\'b', ' FORMAT JSON', ';'", ")\tit\\'s\ta\\'b\t FORMAT JSON\t;"),
    ("SELECT 1 AS `FORMAT`, 2 AS \"a b\"", "1\t2"),
    ("SELECT 'x' AS format FORMAT CSV", "\"x\""),
    ("SELECT 1 AS a FORMAT JSONEachRow;", "{\"a\":1}"),
    ("SELECT 1 AS a format jsoneachrow", "{\"a\":1}"),
    ("SELECT 1 FORMAT /* x */ TSV -- y", "1"),
    ("SELECT $$a FORMAT JSON$$", "a FORMAT JSON"),
    ("SELECT sum(number) FROM numbers(10)", "45"),
    ("SELECT * FROM view(SELECT 7)", "7"),
    ("SELECT arrayJoin([1, 2])", "1\n2"),
    ("SELECT * EXCEPT (b) REPLACE (a + 1 AS a) FROM (SELECT 1 AS a, 2 AS b)", "2"),
    ("SELECT COLUMNS('^a') FROM (SELECT 1 AS a, 2 AS b)", "1"),
    ("SELECT arrayMap(x -> x * 2, [1, 2])", "[2,4]"),
    ("SELECT quantiles(0.5)(number) FROM numbers(3)", "[1]"),
    ("SELECT number, sum(number) OVER w FROM numbers(2) WINDOW w AS (ORDER BY number)", "0\t0\n1\t1"),
    ("SELECT row_number() OVER (ORDER BY event_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM clicks", "1\n2"),
    ("SELECT obj_id, count() FROM clicks GROUP BY obj_id WITH TOTALS HAVING count() > 0 ORDER BY 1 LIMIT 1", nil),
    ("SELECT number FROM numbers(3) ORDER BY number WITH FILL FROM 0 TO 4", "0\n1\n2\n3"),
    ("SELECT a.event_id FROM clicks a JOIN clicks b USING (event_id) ORDER BY 1 LIMIT 1", uuid(1)),
    ("SELECT count() FROM clicks a, clicks b", "4"),
    (
        "SELECT a.obj_id, b.obj_id FROM clicks a JOIN clicks b ON a.event_id = b.event_id LIMIT 1",
        "button#play\tbutton#play"
    ),
    ("SELECT NULL, [], map('a', 1), (1, 'x'), toDate('2026-01-01'), INTERVAL 1 DAY", nil),
    ("SELECT CAST('a' AS LowCardinality(String)), '1'::UInt8, DATE '2026-01-01'", "a\t1\t2026-01-01"),
    ("SELECT CASE WHEN 1 THEN 'a' ELSE 'b' END, 1 BETWEEN 0 AND 2, 'a' LIKE '%', NOT 1", nil),
    ("SELECT count() FROM clicks_distributed WHERE event_id IN (SELECT event_id FROM clicks)", "2"),
    ("SELECT count() FROM clicks FINAL", nil),
    ("SELECT 1 IN system.one", "0"),
    ("SELECT file FROM (SELECT 1 AS file)", "1"),
    ("SELECT windowFunnel(10)(toDateTime(time), obj_id = 'a') FROM clicks", "0"),
    ("SELECT format('{} {}', 'a', 'b'), dateDiff('day', toDate('2026-01-01'), toDate('2026-01-03'))", "a b\t2"),
    ("SELECT JSONExtractInt('{\"a\":1}', 'a'), version() != ''", "1\t1"),
    ("SELECT name FROM system.tables WHERE database = 'default' AND name = 'clicks'", "clicks"),
    ("SELECT count() > 0 FROM system.columns", "1"),
    ("SELECT table_name FROM information_schema.tables WHERE table_name = 'views'", nil),
    ("EXPLAIN SELECT 1", nil),
    ("EXPLAIN PLAN actions = 1, indexes = 1 SELECT count() FROM clicks", nil),
    ("EXPLAIN SYNTAX SELECT 1", nil),
    ("EXPLAIN PIPELINE SELECT 1", nil),
    ("EXPLAIN AST SELECT 1", nil),
    ("SHOW TABLES LIKE 'click%'", "clicks\nclicks_distributed\nclicks_local"),
    ("SHOW TABLES FROM default LIKE 'nothing'", ""),
    ("SHOW FULL TABLES LIKE 'clicks'", nil),
    ("SHOW DATABASES LIKE 'def%'", "default"),
    ("SHOW CREATE TABLE clicks", nil),
    ("SHOW COLUMNS FROM custom_events LIKE 'name'", nil),
    ("DESCRIBE TABLE clicks", nil),
    ("DESC custom_events FORMAT JSON", nil),
    ("DESCRIBE (SELECT 1 AS a)", nil),
    ("EXISTS TABLE clicks", "1"),
    ("EXISTS nowhere", "0"),
]
