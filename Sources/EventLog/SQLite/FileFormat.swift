internal import CSQLite

/// How to know a database file of ours, and to make one.
///
/// The version stands in the header and, as a second witness, in a table of its own: a header that says otherwise than the
/// table is damaged, not somebody else's.
struct FileFormat: Sendable {
    let applicationID: Int64
    let version: Int64
    /// What the file is, for messages.
    let name: String
    let tables: [String]

    /// Whether `connection`'s file is one of this format. False: it is new and empty.
    /// Throws `foreign`, with what to do, for anybody else's file and for another format; `damaged` for damage.
    func isPresent(in connection: SQLiteConnection) throws(SQLiteError) -> Bool {
        // As of one moment: between two statements another process may make the tables, and half of them would look like damage.
        try connection.execute("BEGIN")
        defer { try? connection.execute("ROLLBACK") }
        do throws(SQLiteError) {
            let id = try connection.integer("PRAGMA application_id")
            let version = try connection.integer("PRAGMA user_version")
            let tables = try connection.integer("SELECT count(*) FROM sqlite_schema")
            if id == 0, version == 0, tables == 0 { return false }
            if id == applicationID, version == self.version { return true }
            if id == applicationID || version == self.version, witness(in: connection) == self.version {
                throw .damaged("\(connection.path): its header is not what was written")
            }
            throw id == applicationID ? newer(connection.path, version) : foreign(connection.path)
        } catch {
            throw error.code & 0xFF == SQLITE_NOTADB && !isOurs(path: connection.path)
                ? foreign(connection.path) : error
        }
    }

    private func witness(in connection: SQLiteConnection) -> Int64? {
        try? connection.integer("SELECT version FROM format")
    }

    /// Makes the tables in a new file.
    func create(in connection: SQLiteConnection) throws(SQLiteError) {
        try connection.execute("PRAGMA page_size=\(LogSchema.pageBytes)")
        try FileFormat.useWAL(connection)
        try connection.execute("BEGIN IMMEDIATE")
        for table in tables { try connection.execute(table) }
        try connection.execute("CREATE TABLE format (version INTEGER NOT NULL); INSERT INTO format VALUES (\(version))")
        try connection.execute("PRAGMA application_id=\(applicationID); PRAGMA user_version=\(version); COMMIT")
    }

    /// WAL mode, and every commit on the disk before it returns.
    static func useWAL(_ connection: SQLiteConnection) throws(SQLiteError) {
        let mode = try connection.prepare("PRAGMA journal_mode=WAL")
        let isWAL = try mode.step() && mode.text(0) == "wal"
        mode.reset()
        guard isWAL else {
            throw .foreign("\(connection.path): this file system cannot share memory (WAL); choose a local DATA_DIR")
        }
        try connection.execute("PRAGMA synchronous=FULL")
    }

    // MARK: A file that SQLite cannot read

    /// Whether the file's header, as far as it is there, is ours but for a few bits.
    func isOurs(path: String) -> Bool {
        guard let file = try? RawFile(path: path) else { return false }
        return isOurs(header: file.bytes(at: 0, count: 100))
    }

    /// `header`: the file's first 100 bytes (https://www.sqlite.org/fileformat2.html#the_database_header).
    func isOurs(header: [UInt8]) -> Bool {
        // So short it is nobody's database any more.
        guard header.count == 100 else { return !header.isEmpty && zip(header, FileFormat.magic).allSatisfy(==) }
        let id = withUnsafeBytes(of: UInt32(applicationID).bigEndian) { Array($0) }
        let wrong = zip(header[..<16], FileFormat.magic).map { ($0 ^ $1).nonzeroBitCount }.reduce(0, +)
        let wrongID = zip(header[68..<72], id).map { ($0 ^ $1).nonzeroBitCount }.reduce(0, +)
        return wrongID == 0 || wrong + wrongID <= FileFormat.wrongBitsMax
    }

    /// Whether it names us, letter for letter.
    func saysOurs(header: [UInt8]) -> Bool {
        header.count == 100 && header[68..<72].reduce(0) { $0 << 8 | Int64($1) } == applicationID
    }

    private static let magic = Array("SQLite format 3\0".utf8)
    private static let wrongBitsMax = 4

    // MARK: Refusals

    private func newer(_ path: String, _ version: Int64) -> SQLiteError {
        .foreign(
            "\(path) has format \(version) of Cinelog's \(name), this program knows \(self.version): "
                + "start the release that wrote it, or choose another DATA_DIR")
    }

    func foreign(_ path: String) -> SQLiteError {
        .foreign("\(path) is not Cinelog's \(name): move it away, or choose another DATA_DIR")
    }
}
