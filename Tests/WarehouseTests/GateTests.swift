import Events
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
            let tables = "SELECT count() FROM system.tables WHERE database = 'default'"
            let tablesBefore = try warehouse.value(tables)
            for sql in denied {
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

private let denied = [
    // Not reading.
    "", "  ;", "-- nothing", "INSERT INTO clicks_local SELECT * FROM clicks", "DROP TABLE clicks",
    "TRUNCATE TABLE clicks_local",
    "ALTER TABLE clicks_local DELETE WHERE 1", "CREATE TABLE x (a Int8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE x (a Int8)",
    "OPTIMIZE TABLE clicks_local", "SYSTEM SHUTDOWN", "SYSTEM FLUSH LOGS", "KILL QUERY WHERE 1", "SET max_threads = 1",
    "USE system", "DETACH TABLE clicks", "RENAME TABLE clicks TO y", "EXECUTE AS someone SELECT 1", "BEGIN TRANSACTION",
    "BACKUP TABLE clicks TO File('/tmp/x')", "GRANT ALL ON *.* TO default", "CHECK TABLE clicks_local",
    "DELETE FROM clicks_local WHERE 1",
    "WITH t AS (SELECT 1) INSERT INTO clicks_local SELECT * FROM clicks", "EXPLAIN AST DROP TABLE clicks",
    "(DROP TABLE clicks)",
    // More than one, or out of the subquery.
    "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE clicks", "SELECT 1) FORMAT JSON", "SELECT 1) UNION ALL (SELECT 2",
    "SELECT 1); DROP TABLE clicks; --", "SELECT 1 /*", "SELECT 'open", "SELECT `open",
    "SELECT 1 --\n); DROP TABLE clicks",
    "SELECT 1 PARALLEL WITH SELECT 2", "SELECT 1\u{0}; DROP TABLE clicks",
    // Settings and output.
    "SELECT 1 SETTINGS max_threads = 1", "SELECT 1 FORMAT JSON SETTINGS max_threads = 1",
    "SELECT * FROM (SELECT 1 SETTINGS max_threads = 1)",
    "(SELECT 1) UNION ALL (SELECT 2 SETTINGS max_threads = 1)",
    "WITH a AS (SELECT 1 SETTINGS max_threads = 1) SELECT * FROM a",
    "SELECT 1 WHERE 1 IN (SELECT 1 SETTINGS readonly = 0)", "SELECT 1 INTO OUTFILE '/tmp/cinelog-x'",
    "SELECT 1 INTO OUTFILE '/tmp/cinelog-x' FORMAT CSV",
    "EXPLAIN SELECT 1 SETTINGS max_threads = 1", "DESCRIBE TABLE (SELECT 1 SETTINGS max_memory_usage = 1)",
    "SELECT 1 FORMAT Nothing", "SELECT 1 FORMAT JSON CSV", "SELECT 1 FORMAT 'JSON'",
    // Files, network, secrets, the process.
    "SELECT file('/etc/hostname')", "SELECT FILE('/etc/hostname')", "SELECT `file`('/etc/hostname')",
    "SELECT \"file\" ('/etc/hostname')",
    "SELECT file/**/('/etc/hostname')", "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV')",
    "SELECT * FROM `/etc/passwd`", "SELECT * FROM default.`/etc/passwd`", "SELECT * FROM '/etc/passwd'",
    "SELECT * APPLY(file) FROM (SELECT '/etc/hostname')", "SELECT * APPLY file FROM (SELECT '/etc/hostname')",
    "SELECT * APPLY(x -> file(x)) FROM (SELECT '/etc/hostname')", "SELECT arrayMap(x -> file(x), ['/etc/hostname'])",
    "WITH file('/etc/hostname') AS f SELECT f", "SELECT 1 ORDER BY file('/etc/hostname')",
    "SELECT 1 LIMIT length(file('/etc/hostname'))",
    "SELECT count() OVER (ORDER BY file('/etc/hostname'))", "SELECT quantile(length(file('/etc/hostname')))(1)",
    "SELECT number FROM numbers(2) ORDER BY number WITH FILL INTERPOLATE (number AS length(file('/etc/hostname')))",
    "SELECT 1 FROM numbers(1) JOIN numbers(1) AS b ON file('/etc/hostname') = ''",
    "SELECT * REPLACE (file('/etc/hostname') AS a) FROM (SELECT 'x' AS a)",
    "SELECT 1 IN url('http://127.0.0.1:1/')", "SELECT * FROM remote('127.0.0.1', system.one)",
    "SELECT * FROM s3('http://127.0.0.1:1/x')",
    "SELECT * FROM executable('x', 'TSV', 'a String')", "SELECT * FROM python('x')",
    "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')", "SELECT * FROM sqlite('/tmp/x', 't')",
    "SELECT * FROM merge('system', '.*')", "SELECT * FROM merge(REGEXP('.*'), 'settings')",
    "SELECT * FROM loop(system.settings)",
    "SELECT * FROM viewExplain('', '', (SELECT 1))", "SELECT * FROM (EXPLAIN SELECT 1 SETTINGS max_threads = 1)",
    "SELECT * FROM eval('SELECT 1')",
    "SELECT * FROM filesystem('/etc')", "SELECT * FROM dictionary('x')", "SELECT * FROM input('a Int8')",
    "SELECT * FROM fuzzQuery('SELECT 1')",
    "SELECT b FROM values('a String, b String ALIAS file(\\'/etc/hostname\\')', 'x')",
    "SELECT * FROM VALUES('a Int8', 1)",
    "SELECT b FROM null('a String, b String ALIAS file(\\'/etc/hostname\\')')",
    "SELECT * FROM generateRandom('a String')",
    "SELECT sleep(1)", "SELECT sleepEachRow(0.1) FROM numbers(3)", "SELECT getSetting('readonly')",
    "SELECT getServerSetting('path')", "SELECT hostName()",
    "SELECT addressToLine(1)", "SELECT logTrace('x')", "SELECT dictGet('a', 'b', 1)", "SELECT joinGet('a', 'b', 1)",
    "SELECT aiGenerate('x')", "SELECT serverUUID()",
    "SELECT filesystemAvailable()", "SELECT getMacro('x')", "SELECT hasColumnInTable('system', 'settings', 'name')",
    "SELECT * FROM system.settings", "SELECT * FROM system.processes", "SELECT * FROM system.server_settings",
    "SELECT * FROM `system`.`users`",
    "SELECT * FROM system.stack_trace", "SELECT 1 IN system.settings",
    "SELECT * FROM (SELECT * FROM system.query_cache)", "WITH a AS (SELECT * FROM system.disks) SELECT 1 FROM a",
    "SELECT (SELECT any(value) FROM system.settings)", "SELECT 1 FROM clicks JOIN system.settings AS s ON 1",
    "SELECT * FROM information_schema.engines",
    "SELECT 1 AS `a\\nb`", "SELECT 1 AS `a\nTableIdentifier`",
    // SHOW and EXPLAIN of other things.
    "SHOW SETTINGS LIKE 'max%'", "SHOW PROCESSLIST", "SHOW GRANTS", "SHOW CREATE USER", "SHOW ACCESS", "SHOW CLUSTERS",
    "SHOW TABLES WHERE name = file('/etc/hostname')",
    "SHOW TABLES WHERE 1 IN (SELECT 1)", "SHOW USERS", "SHOW FUNCTIONS", "DESCRIBE file('/etc/passwd')",
    "DESCRIBE TABLE system.settings", "DESCRIBE TABLE (SELECT file('/etc/hostname'))",
    "SHOW COLUMNS FROM `a' OR file('/etc/hostname') = '`", "SHOW TABLES LIKE 'a\\' OR 1 --'",
    "SHOW COLUMNS FROM clicks LIKE 'a''b'",
    "EXPLAIN SELECT file('/etc/hostname')", "EXPLAIN INSERT INTO clicks_local SELECT 1",
    "EXPLAIN CREATE TABLE z (a Int8) ENGINE = Memory", "EXPLAIN ESTIMATE SELECT * FROM system.settings",
    "EXPLAIN TABLE OVERRIDE mysql('a') COLUMNS (x Int8)", "EXPLAIN EXPLAIN SELECT 1", "EXPLAIN CURRENT TRANSACTION",
    // Not SQL.
    "SELEC 1", "hello", "SELECT", "SELECT nothing", "SELECT * FROM nowhere", "SELECT 1 + 'a'", "SELECT 1, 1",
]
