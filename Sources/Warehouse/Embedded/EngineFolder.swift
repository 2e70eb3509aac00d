import Glibc
import Platform

/// What the engine's folder must hold before its first start.
enum EngineFolder {
    /// Where the engine keeps the database's tables: `store/<3 digits>/<this>`.
    private static let databaseID = "c13e1060-0000-4000-8000-000000000001"

    /// The definitions of the tables and views of `default`, below the warehouse's folder; and its own.
    static let databaseFolder = "store/\(databaseID.prefix(3))/\(databaseID)"
    static let declaration = "metadata/default.sql"

    /// Declares the database `default` as a plain one. Left to itself, chDB lays a database over that name which answers
    /// for every file of the machine (SELECT * FROM `/etc/passwd`), in read-only mode too.
    static func prepare(_ folder: String) throws(WarehouseError) {
        try removeFrozen(folder)
        let metadata = folder + "/metadata"
        let declaration = "\(folder)/\(EngineFolder.declaration)"
        guard access(declaration, F_OK) != 0 else { return }
        guard access(metadata + "/default", F_OK) != 0 else {
            throw .unavailable("\(folder) holds a ClickHouse database that is not Cinelog's")
        }
        guard mkdir(metadata, 0o700) == 0 || errno == EEXIST else { throw failure(metadata) }
        let text = "ATTACH DATABASE _ UUID '\(databaseID)'\nENGINE = Atomic\n"
        try write(text, to: declaration + ".new")
        guard rename(declaration + ".new", declaration) == 0 else { throw failure(declaration) }
        // What the engine makes beside it without it would be taken for somebody else's database.
        do {
            try Folder.sync(metadata)
            try Folder.sync(folder)
        } catch {
            throw .unavailable("\(error)")
        }
    }

    /// Where `FREEZE` puts its links, see `EmbeddedWarehouse.freeze`.
    static func frozen(_ folder: String) -> String { "\(folder)/shadow/\(frozenName)" }
    /// Letters that the engine takes into a path as they are.
    static let frozenName = "cinelog_backup"

    /// Removes what was held fast; also what a process that was killed left so: it would keep deleted rows on the disk.
    static func removeFrozen(_ folder: String) throws(WarehouseError) {
        do throws(FileError) {
            try FileTree.remove(frozen(folder))
            // Killed while it counted up, the engine leaves this empty, and freezes nothing more. The names are ours: no count is needed.
            try FileTree.remove("\(folder)/shadow/increment.txt")
        } catch {
            throw .unavailable("\(error)")
        }
    }

    private static func write(_ text: String, to path: String) throws(WarehouseError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        guard Glibc.write(file, text, text.utf8.count) == text.utf8.count, fsync(file) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> WarehouseError {
        .unavailable("Cannot write \(path): \(errorText())")
    }
}
