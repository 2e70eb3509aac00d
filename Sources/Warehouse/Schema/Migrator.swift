import Platform

/// Brings a database to the newest schema through whatever can run a statement and answer a query as TSV.
struct Migrator {
    let dialect: Dialect
    let log: Logger
    let run: (String) throws(WarehouseError) -> Void
    let ask: (String) throws(WarehouseError) -> String

    func migrate() throws(WarehouseError) {
        try run(dialect.createRecord())
        let applied = try appliedVersion()
        guard applied <= Migrations.newest else {
            throw .unavailable(
                "The warehouse has schema \(applied), this program knows schemas up to \(Migrations.newest): "
                    + "it was made by a newer Cinelog. Start that one.")
        }
        for migration in Migrations.all where migration.version > applied { try apply(migration) }
        for table in dialect.tables { try keepRetention(table) }
    }

    private func appliedVersion() throws(WarehouseError) -> Int {
        let answer = try ask(Migrations.appliedVersion)
        return Int(answer.prefix { $0 != "\n" }) ?? 0
    }

    private func apply(_ migration: Migration) throws(WarehouseError) {
        for statement in migration.statements(dialect) { try run(statement) }
        try run(
            "INSERT INTO schema_migrations (version, name) SELECT \(migration.version), '\(migration.name.sqlEscaped)'"
        )
        log.info("schema migrated", ["version": "\(migration.version)", "name": migration.name])
    }

    /// Retention is a setting, not a step: it may change from start to start, both ways.
    private func keepRetention(_ table: Table) throws(WarehouseError) {
        let answer = try ask(
            "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = '\(table.storageName)'"
        )
        let isAsWanted =
            dialect.hasTTL(table)
            ? answer.contains("TTL \(dialect.retention(table)) ") : !answer.contains(" TTL ")
        if !isAsWanted { try run(dialect.changeRetention(table)) }
    }
}
