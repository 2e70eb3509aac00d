import Platform

/// `ALTER TABLE … FREEZE` links the files of a table's parts, which never change, into `shadow/NAME/store/…`
/// (https://clickhouse.com/docs/sql-reference/statements/alter/partition#freeze-partition). Why not `BACKUP`:
/// docs/decisions/0007-backup.md.
extension EmbeddedWarehouse: FreezableWarehouse {
    /// A table as the engine keeps it: `store/<3 digits>/<UUID>`, and its definition beside those of its database.
    private struct Stored {
        let name: String
        /// Below the warehouse's folder.
        let path: String
    }

    public func freeze() throws(WarehouseError) -> FrozenTables {
        try EngineFolder.removeFrozen(folder)
        let schema = Int(try number(Migrations.appliedVersion) ?? 0)
        let tables = try storedTables()
        for table in tables {
            try query("ALTER TABLE `\(table.name)` FREEZE WITH NAME '\(EngineFolder.frozenName)'", format: "Null") {
                _ in
            }
        }
        do throws(FileError) {
            let parts = try FileTree.files(below: EngineFolder.frozen(folder))
            return FrozenTables(files: try definitions() + formats(tables) + parts.map(frozenFile), schema: schema)
        } catch {
            throw .unavailable("\(error)")
        }
    }

    public func thaw() throws(WarehouseError) { try EngineFolder.removeFrozen(folder) }

    // MARK: The files

    private func storedTables() throws(WarehouseError) -> [Stored] {
        let answer = try text(
            "SELECT name, data_paths[1] FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
        )
        return answer.split(separator: "\n").compactMap { line in
            let columns = line.split(separator: "\t")
            guard columns.count == 2, let path = columns[1].firstRange(of: "store/") else { return nil }
            return Stored(name: String(columns[0]), path: String(columns[1][path.lowerBound...].dropLast()))
        }
    }

    private func frozenFile(_ file: FileTree.File) -> FrozenTables.File {
        FrozenTables.File(source: "\(EngineFolder.frozen(folder))/\(file.path)", path: file.path, bytes: file.bytes)
    }

    /// Of the database, its tables and views.
    private func definitions() throws(FileError) -> [FrozenTables.File] {
        let database = EngineFolder.databaseFolder
        let tables = try FileTree.files(below: "\(folder)/\(database)").filter { $0.path.hasSuffix(".sql") }
        return try [file(EngineFolder.declaration)]
            + tables.map { (table) throws(FileError) in
                try file("\(database)/\(table.path)")
            }
    }

    /// A table without its `format_version.txt` is not opened.
    private func formats(_ tables: [Stored]) throws(FileError) -> [FrozenTables.File] {
        try tables.map { (table) throws(FileError) in try file("\(table.path)/format_version.txt") }
    }

    private func file(_ path: String) throws(FileError) -> FrozenTables.File {
        let source = "\(folder)/\(path)"
        return FrozenTables.File(source: source, path: path, bytes: try Folder.bytes(of: source))
    }
}
