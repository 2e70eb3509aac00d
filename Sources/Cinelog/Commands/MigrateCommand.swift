import Platform
import Warehouse

/// `cinelog migrate`.
enum MigrateCommand {
    static let command = Command(
        name: "migrate", summary: "Brings the warehouse's tables to this version's schema.",
        help: """
            Brings the tables to the newest schema: those in DATA_DIR/warehouse, or with CLICKHOUSE_NODES those of every node of the
            cluster that answers. `cinelog store` does the same when it starts. Stop it first where the warehouse is embedded, as that
            belongs to one process at a time; a cluster takes it at any time, from several places at once.
            """,
        options: [CommandOption("print", nil, "Prints the statements instead of running them.")], run: run)

    private static func run(_ arguments: Arguments) throws -> Int32 {
        let role = try Role("migrate")
        if arguments.has("print") {
            let dialect = printed(role.settings)
            for migration in Migrations.all {
                print("-- \(migration.version): \(migration.name)")
                for statement in migration.statements(dialect) { print(statement + ";\n") }
            }
            return ExitCode.success
        }
        role.logger.info("migrating", ["schema": "\(Migrations.newest)"])
        let warehouse = try Store.openWarehouse(role, try role.dataDirectory())
        warehouse.close()
        role.logger.info("the schema is current")
        return ExitCode.success
    }

    /// To servers as deploy/ has them: old ones are told apart only by asking them.
    private static func printed(_ settings: Settings) -> Dialect {
        let (events, ledger) = (settings[Declared.retentionDays], settings[Declared.auditDays])
        guard let cluster = settings.cluster else { return .embedded(retentionDays: events, auditDays: ledger) }
        let server = ClusterServer(
            cluster: cluster.cluster, version: ClusterServer.Version(25, 8), hasFinalExactMode: true)
        return .cluster(server, retentionDays: events, auditDays: ledger)
    }
}
