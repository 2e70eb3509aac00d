internal import Synchronization

/// Copies one database file of ours, as it is when this is made, into a new one that holds no free pages.
///
/// `VACUUM INTO` would do, but takes and copies its snapshot in one call; here they are two, so that nobody has to wait for the
/// copying. The source is attached for reading only.
///
/// `@unchecked Sendable`: its owner's `LogSnapshot` uses it from one thread at a time.
final class DatabaseCopy: @unchecked Sendable {
    private let target: SQLiteConnection
    /// Used pages of the source, in bytes.
    let bytes: Int64

    init(of source: String, to path: String) throws(SQLiteError) {
        target = try SQLiteConnection(path: path, access: .createAttaching)
        // Nobody else sees the file before it is whole.
        try target.execute("PRAGMA page_size=\(LogSchema.pageBytes); PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")
        try target.attach(readOnly: source, as: "source")
        try target.execute("BEGIN")
        // The first read fixes what is read from here on.
        _ = try target.integer("SELECT count(*) FROM source.sqlite_schema")
        let pages = try target.integer("PRAGMA source.page_count") - target.integer("PRAGMA source.freelist_count")
        bytes = pages * (try target.integer("PRAGMA source.page_size"))
    }

    func run() throws(SQLiteError) {
        let tables = try tables()
        // All are made first: a table's root page is where it would be in a new file (`LogSchema.rootPage`).
        for (_, statement) in tables { try target.execute(statement) }
        for (name, _) in tables {
            try target.execute("INSERT INTO main.\"\(name)\" SELECT * FROM source.\"\(name)\"")
        }
        let id = try target.integer("PRAGMA source.application_id")
        let version = try target.integer("PRAGMA source.user_version")
        try target.execute("PRAGMA main.application_id=\(id); PRAGMA main.user_version=\(version); COMMIT")
        try target.execute("DETACH source")
        try FileFormat.useWAL(target)
    }

    private func tables() throws(SQLiteError) -> [(name: String, statement: String)] {
        let schema = try target.prepare(
            "SELECT name, sql FROM source.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        )
        defer { schema.reset() }
        var tables: [(name: String, statement: String)] = []
        while try schema.step() { tables.append((schema.text(0), schema.text(1))) }
        return tables
    }
}

/// The two files of a SQLite log, held fast together.
final class SQLiteLogSnapshot: LogSnapshot {
    private let copies: Mutex<[DatabaseCopy]>
    let bytes: Int64

    init(_ copies: [DatabaseCopy]) {
        bytes = copies.reduce(0) { $0 + $1.bytes }
        self.copies = Mutex(copies)
    }

    func write() throws(ReadError) {
        try copies.withLock { copies throws(ReadError) in
            defer { copies = [] }
            do throws(SQLiteError) {
                for copy in copies { try copy.run() }
            } catch {
                throw error.readError
            }
        }
    }
}
