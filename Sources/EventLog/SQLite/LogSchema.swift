internal import CSQLite
internal import Events

/// The two files of a SQLite log, in `DATA_DIR`, both in WAL mode, both with SQLite's own guard against damage from
/// outside: the application id says whose file it is, `user_version` which format it has.
///
/// `log.sqlite`: written by the collecting process alone. A table a topic, named as it:
///
///     first        INTEGER PRIMARY KEY   position of the row's first line
///     count        INTEGER NOT NULL      how many lines, ≥ 1
///     offset       INTEGER NOT NULL      bytes of this topic's lines before this row, counted from the log's beginning
///     appended_at  INTEGER NOT NULL      Unix milliseconds of the commit
///     lines        BLOB NOT NULL         the lines as they came, each ended by a newline
///
/// - One row per commit and topic, so that an event costs a memory copy; a commit of more than `rowBytesMax` a topic is
///   several rows. Only a single line that is longer makes a longer row.
/// - Rows are added at the right end of the b-tree and deleted from its left end; none is ever changed.
/// - A row holds the positions `first ..< first + count`; the next row begins where it ends. The newest row of a
///   table is never deleted: it keeps the next position, so that no position is used twice. A table that is new
///   begins where the reader of an earlier log stood, if there was one.
///
/// A fifth table, `probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL)`, is empty but for the moment in which the
/// writer finds out whether a full disk has room again.
///
/// A sixth, `identity (id TEXT NOT NULL)`, has one row: a random UUID that tells this log from every other.
///
/// `positions.sqlite`: written by the loading process alone, see `PositionsFile`.
enum LogSchema {
    static let format = FileFormat(
        applicationID: 0x4369_6E4C, version: 2, name: "event log",
        tables: Topic.allCases.map { topic in
            """
            CREATE TABLE \(topic.name) (
                first INTEGER PRIMARY KEY, count INTEGER NOT NULL, offset INTEGER NOT NULL,
                appended_at INTEGER NOT NULL, lines BLOB NOT NULL)
            """
        } + [
            "CREATE TABLE probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL)",
            "CREATE TABLE identity (id TEXT NOT NULL)",
            """
            INSERT INTO identity
            SELECT printf('%s-%s-%s-%s-%s', substr(h, 1, 8), substr(h, 9, 4), substr(h, 13, 4), substr(h, 17, 4), substr(h, 21))
            FROM (SELECT lower(hex(randomblob(16))) AS h)
            """,
        ])

    /// Half the pages' overhead of 4,096 and, with few events a commit, half the WAL's growth of 16,384.
    static let pageBytes = 8192

    /// A page in the WAL has a header of 24 bytes (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
    static let frameBytes = pageBytes + 24
}

/// How to know a database file of ours, and to make one.
struct FileFormat: Sendable {
    let applicationID: Int64
    let version: Int64
    /// What the file is, for messages.
    let name: String
    let tables: [String]

    /// Whether `connection`'s file is one of this format. False: it is new and empty.
    /// Throws `damaged`, with what to do, for anybody else's file and for a newer format.
    func isPresent(in connection: SQLiteConnection) throws(SQLiteError) -> Bool {
        do throws(SQLiteError) {
            let id = try connection.integer("PRAGMA application_id")
            let version = try connection.integer("PRAGMA user_version")
            let tables = try connection.integer("SELECT count(*) FROM sqlite_schema")
            if id == 0, version == 0, tables == 0 { return false }
            try check(id: id, version: version, path: connection.path)
            return true
        } catch {
            throw error.code & 0xFF == SQLITE_NOTADB ? foreign(connection.path) : error
        }
    }

    /// Makes the tables in a new file.
    func create(in connection: SQLiteConnection) throws(SQLiteError) {
        try connection.execute("PRAGMA page_size=\(LogSchema.pageBytes)")
        try FileFormat.useWAL(connection)
        try connection.execute("BEGIN IMMEDIATE")
        for table in tables { try connection.execute(table) }
        try connection.execute("PRAGMA application_id=\(applicationID); PRAGMA user_version=\(version); COMMIT")
    }

    /// WAL mode, and every commit on the disk before it returns.
    static func useWAL(_ connection: SQLiteConnection) throws(SQLiteError) {
        let mode = try connection.prepare("PRAGMA journal_mode=WAL")
        let isWAL = try mode.step() && mode.text(0) == "wal"
        mode.reset()
        guard isWAL else {
            throw .damaged("\(connection.path): this file system cannot share memory (WAL); choose a local DATA_DIR")
        }
        try connection.execute("PRAGMA synchronous=FULL")
    }

    private func check(id: Int64, version: Int64, path: String) throws(SQLiteError) {
        guard id == applicationID else { throw foreign(path) }
        guard version == self.version else {
            throw .damaged(
                "\(path) has format \(version) of Cinelog's \(name), this program knows \(self.version): "
                    + "start the release that wrote it, or choose another DATA_DIR")
        }
    }

    private func foreign(_ path: String) -> SQLiteError {
        .damaged("\(path) is not Cinelog's \(name): move it away, or choose another DATA_DIR")
    }
}
