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
///     checksum     INTEGER NOT NULL      of the topic, all the others and the lines: see `Checksum`
///     lines        BLOB NOT NULL         the lines as they came, each ended by a newline
///
/// - One row per commit and topic, so that an event costs a memory copy; a commit of more than `rowBytesMax` a topic is
///   several rows. Only a single line that is longer makes a longer row.
/// - Rows are added at the right end of the b-tree and deleted from its left end; none is ever changed. So whatever
///   page a row is found in, by whatever way, it is what was appended when its checksum fits: `RowScan` relies on it.
/// - A row holds the positions `first ..< first + count`; the next row begins where it ends, save for a gap where damage
///   was mended.
///
/// `ends (topic INTEGER PRIMARY KEY, position, offset, checksum)`: the next row's `first` and `offset` are at least these. The newest
/// row of a table tells them too, therefore usual trimming leaves it; where it is deleted (`scrub`), they are written here
/// before. A log that is new begins where the reader of an earlier one stood, if there was one.
///
/// `probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL)` is empty but for the moment in which the writer finds out whether
/// a full disk has room again.
///
/// `identity (id TEXT, checksum INTEGER)` has one row: a random UUID that tells this log from every other.
///
/// `positions.sqlite`: written by the loading process alone, see `PositionsFile`.
enum LogSchema {
    static let format = FileFormat(
        applicationID: 0x4369_6E4C, version: 2, name: "event log",
        tables: Topic.allCases.map { topic in
            """
            CREATE TABLE \(topic.name) (
                first INTEGER PRIMARY KEY, count INTEGER NOT NULL, offset INTEGER NOT NULL,
                appended_at INTEGER NOT NULL, checksum INTEGER NOT NULL, lines BLOB NOT NULL)
            """
        } + [
            """
            CREATE TABLE ends (
                topic INTEGER PRIMARY KEY, position INTEGER NOT NULL, offset INTEGER NOT NULL, checksum INTEGER NOT NULL)
            """,
            "CREATE TABLE probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL)",
            "CREATE TABLE identity (id TEXT NOT NULL, checksum INTEGER NOT NULL)",
        ])

    /// Where SQLite begins the table: tables are made in the order above, and page 1 is the schema's.
    static func rootPage(_ topic: Topic) -> UInt32 { UInt32(topic.rawValue) + 2 }

    /// A row's columns, in the order of the table.
    static let columns = "first, count, offset, appended_at, checksum, lines"

    /// A new log's tables. `identity`: of the log that it goes on with; nil: a new one's.
    static func create(in connection: SQLiteConnection, identity: UUID? = nil) throws(SQLiteError) {
        try format.create(in: connection)
        var system = SystemRandomNumberGenerator()
        // Version 4, RFC 9562.
        let random = UUID(
            high: system.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000, low: system.next() >> 2 | 0x8000_0000_0000_0000)
        var text = (identity ?? random).description
        let checksum = text.withUTF8 { Checksum.ofIdentity(UnsafeRawBufferPointer($0)) }
        try connection.execute("INSERT INTO identity VALUES ('\(text)', \(checksum))")
    }

    /// See `ends` above.
    static func writeEnd(of topic: Topic, _ end: RowHead, in connection: SQLiteConnection) throws(SQLiteError) {
        let checksum = Checksum.ofEnd(topic, position: end.first, offset: end.offset)
        try connection.execute("REPLACE INTO ends VALUES (\(topic.rawValue), \(end.first), \(end.offset), \(checksum))")
    }

    /// Half the pages' overhead of 4,096 and, with few events a commit, half the WAL's growth of 16,384.
    static let pageBytes = 8192

    /// A page in the WAL has a header of 24 bytes (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
    static let frameBytes = pageBytes + 24
}
