import Backup
import Platform
import Warehouse

/// `cinelog restore DIR`.
extension Command {
    static let restore = Command(
        name: "restore", summary: "Brings a backup back into an empty DATA_DIR.",
        help: """
            cinelog restore DIR checks the backup in DIR against its manifest and copies it into DATA_DIR, which must be empty or
            missing. Start cinelog serve on it afterwards. A restore that broke off is begun again; nothing starts on half of one.
            """,
        options: [], operandsMax: 1, run: RestoreCommand.run)
}

private enum RestoreCommand {
    static func run(_ arguments: Arguments) throws -> Int32 {
        guard let backup = arguments.rest.first, !backup.isEmpty else {
            throw UsageError("cinelog restore needs the backup's folder")
        }
        let role = try Role("restore")
        let folder = role.settings[Declared.dataDirectory]
        let restore = RestoreRun(
            backup, into: folder, schemaNewest: Migrations.newest,
            check: { (staging) throws(BackupError) in try check(staging, role) }, progress: { print($0) })
        do throws(BackupError) {
            let manifest = try restore.run()
            print(
                "\(folder) is as it was at \(manifest.createdAt): \(manifest.files.count) files, \(manifest.bytes) bytes"
            )
            return ExitCode.success
        } catch {
            throw StartError("\(error)", exitCode: error.exitCode)
        }
    }

    /// The engine must find every part of every table good.
    private static func check(_ folder: String, _ role: Role) throws(BackupError) {
        do throws(WarehouseError) {
            let warehouse = try EmbeddedWarehouse(
                folder: folder + "/warehouse", libraryPath: role.settings[Declared.libraryPath],
                logger: role.logger.named("warehouse"))
            defer { warehouse.close() }
            let broken = try warehouse.text("SELECT table || '/' || name FROM system.detached_parts LIMIT 10")
            guard broken.isEmpty else {
                throw .unavailable(
                    "ClickHouse sets aside parts of the backup: \(broken.split(separator: "\n").joined(separator: ", "))"
                )
            }
            // Those that its schema had: a newer one's are made at the start.
            let tables = try warehouse.text(
                "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'")
            for table in tables.split(separator: "\n") { _ = try warehouse.text("SELECT count() FROM \(table)") }
        } catch {
            throw BackupError(error)
        }
    }
}

extension BackupError {
    fileprivate var exitCode: Int32 {
        switch self {
        case .refused: ExitCode.usage
        case .damaged: ExitCode.failure
        case .failed, .abandoned: ExitCode.unavailable
        }
    }
}
