import Events
import Glibc
import TestSupport
import Testing
import Warehouse

extension ClusterTests {
    @Suite("A reader's SQL") struct ReadOnlyTests {
        private func answer(_ warehouse: ClusterWarehouse, _ sql: String, rows: Int = 100) throws -> String {
            var limits = QueryLimits()
            limits.rowsMax = rows
            var bytes: [UInt8] = []
            try warehouse.readOnlyQuery(sql, defaultFormat: "TSV", limits: limits, onFormat: { _ in }) {
                bytes += $0
                return true
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        @Test("Reads tables of all shards in any format, and nothing else")
        func readOnly() throws {
            let cluster = try ClusterTests.cluster()
            let warehouse = try ClusterWarehouse(cluster)
            defer { warehouse.close() }
            try warehouse.migrate()
            try warehouse.insert((0..<50).map { clickLine($0, user: userID($0)) }, token: "a")
            #expect(try answer(warehouse, "SELECT count() FROM clicks") == "50\n")
            #expect(try answer(warehouse, "SELECT 1 AS a FORMAT JSONEachRow;") == "{\"a\":1}\n")
            #expect(try answer(warehouse, "SHOW TABLES").contains("clicks_distributed\n"))
            for sql in [
                "INSERT INTO clicks_local (obj_id) VALUES ('x')", "DROP TABLE clicks", "SET readonly = 0",
                "SELECT * FROM url('http://127.0.0.1:1/', 'TSV', 'a String')",
                "SELECT * FROM remote('127.0.0.1', system, one)", "SELECT * FROM file('x', 'TSV', 'a String')",
                "SELECT * FROM system.processes", "SELECT * FROM `system`.`settings`",
                "SELECT 1 SETTINGS max_threads = 1",
                "SELECT 1 INTO OUTFILE '/tmp/x'", "SHOW PROCESSLIST", "SELECT 1; SELECT 2", "SELECT sleep(1)",
            ] {
                #expect(
                    "\(sql)",
                    performing: { _ = try answer(warehouse, sql) },
                    throws: { ($0 as? WarehouseError).map { if case .badQuery = $0 { true } else { false } } == true })
            }
            #expect(
                performing: { _ = try answer(warehouse, "SELECT * FROM clicks", rows: 10) },
                throws: { ($0 as? WarehouseError).map { if case .limit = $0 { true } else { false } } == true })
        }
    }
}
