import Events
import Testing
import Warehouse

/// What new servers of a cluster are told, held against the newest engine there is: the embedded one. (Tests/ClusterTests run on real
/// servers, which are old.)
extension EngineTests {
    @Suite struct ClusterDialectTests {
        private let folder = TemporaryFolder()
        private let dialect = Dialect.cluster(
            ClusterServer(cluster: "cinelog", version: ClusterServer.Version(25, 8), hasFinalExactMode: true),
            retentionDays: 30, auditDays: 10)

        @Test func `The newest engine parses every statement for a cluster and knows every setting`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let changes = Table.all.flatMap { table in
                [dialect.delete(from: table, where: "1"), dialect.changeRetention(table)]
                    + [dialect.hurryRemoval(table), dialect.easeRemoval(table)].compactMap { $0 }
            }
            let statements = Migrations.all.flatMap { $0.statements(dialect) } + changes
            #expect(statements.count > 50)
            for statement in statements {
                #expect(try !warehouse.text("SELECT formatQuery('\(statement.sqlEscaped)')").isEmpty, "\(statement)")
            }
            for (name, _) in dialect.readSettings + dialect.insertSettings + dialect.deduplication("t") {
                let known = try warehouse.number("SELECT count() FROM system.settings WHERE name = '\(name)'")
                #expect(known == 1, "\(name)")
            }
            #expect(
                try warehouse.number(
                    "SELECT count() FROM system.merge_tree_settings WHERE name = 'replicated_deduplication_window'")
                    == 1)
        }

        @Test func `Each viewer has one shard, and so has each row with all its copies`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let key = dialect.shardingKey(EventTable.of(.click))
            func shard(_ user: Int, _ device: String, _ event: Int) throws -> Int64? {
                try warehouse.number(
                    """
                    SELECT toInt64(\(key) % 1000000) FROM (SELECT toUUID('00000000-0000-0000-0000-00000000000\(user)') AS user_id,
                        '\(device)' AS anonymous_id, toUUID('00000000-0000-0000-0000-00000000001\(event)') AS event_id)
                    """)
            }
            #expect(try shard(1, "a", 1) == shard(1, "b", 2))
            #expect(try shard(0, "a", 1) == shard(0, "a", 2))
            #expect(try shard(0, "", 1) == shard(0, "", 1))
            #expect(try shard(0, "", 1) != shard(0, "", 2))
            #expect(try shard(1, "a", 1) != shard(2, "a", 1))
        }
    }
}
