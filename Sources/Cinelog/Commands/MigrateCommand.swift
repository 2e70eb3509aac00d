import Platform
import Warehouse

/// `cinelog migrate`.
enum MigrateCommand {
    static let command = Command(
        name: "migrate", summary: "Brings the warehouse's tables to this version's schema.",
        help: """
            Brings the tables in DATA_DIR/warehouse to the newest schema. `cinelog store` does the same when it starts; stop it first,
            as the embedded warehouse belongs to one process at a time.
            """,
        options: [CommandOption("print", nil, "Prints the statements instead of running them.")], run: run)

    private static func run(_ arguments: Arguments) throws -> Int32 {
        let role = try Role("migrate")
        if arguments.has("print") {
            let dialect = Dialect.embedded(retentionDays: role.settings[Declared.retentionDays])
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
}
