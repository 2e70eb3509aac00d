internal import CSQLite
internal import Glibc

/// One connection to one database file.
///
/// `@unchecked Sendable`: a connection belongs to one thread at a time (it is opened without SQLite's mutexes);
/// it is handed over, or kept behind a lock, and never shared.
package final class SQLiteConnection: @unchecked Sendable {
    package enum Access {
        /// Reads and writes; makes the file where it is missing.
        case create
        /// As `create`, and may attach other files.
        case createAttaching
        /// Reads a file that must be there.
        case readOnly
        /// The same of one that nobody has open, and that was closed as a whole: no file is made beside it.
        case immutable
    }

    enum Checkpoint {
        /// Moves what it can without waiting for anybody.
        case passive
        /// Moves everything, so that the next commit starts the WAL over.
        case restart
        /// As `restart`, and cuts the WAL's file to nothing.
        case truncate
    }

    /// How long a statement waits for another connection's lock.
    static let busyTimeoutMilliseconds: Int32 = 5000

    let path: String
    private let handle: OpaquePointer
    /// Pages in the WAL after this connection's last commit; followed after `followWAL()`.
    private(set) var walFrames = 0

    package init(path: String, access: Access) throws(SQLiteError) {
        var opened: OpaquePointer?
        let name = access == .immutable ? SQLiteConnection.uri(path, "immutable=1") : path
        let code = sqlite3_open_v2(name, &opened, access.flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close(opened)
            throw SQLiteError(code: code, message: "\(path): cannot open it: \(String(cString: sqlite3_errstr(code)))")
        }
        self.path = path
        handle = opened
        sqlite3_busy_timeout(handle, SQLiteConnection.busyTimeoutMilliseconds)
    }

    /// Statements keep their connection alive, so none is left by now.
    deinit {
        let code = sqlite3_close(handle)
        assert(code == SQLITE_OK, "\(path): closed before its statements")
    }

    /// Runs statements that answer nothing of interest.
    package func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// `sql` is one statement, kept prepared for as long as the answer lives.
    func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw error(code) }
        return SQLiteStatement(statement, of: self)
    }

    /// The first column of the first row, 0 for none.
    package func integer(_ sql: String) throws(SQLiteError) -> Int64 {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : 0
    }

    /// Makes another file's tables readable as `name.table`. Its `-wal` and `-shm` may be made anew.
    func attach(readOnly path: String, as name: String) throws(SQLiteError) {
        let attachment = try prepare("ATTACH ?1 AS \(name)")
        try attachment.bind(SQLiteConnection.uri(path, "mode=ro"), at: 1)
        try attachment.run()
    }

    /// https://www.sqlite.org/uri.html
    private static func uri(_ path: String, _ parameters: String) -> String {
        let reserved = path.utf8.map { byte in
            byte >= 0x80 || "?#%".utf8.contains(byte) ? "%" + String(byte, radix: 16) : String(UnicodeScalar(byte))
        }
        return "file:" + reserved.joined() + "?" + parameters
    }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Undoes a transaction under way. What cannot be undone now is undone when the file is next opened.
    func rollBack() {
        if isInTransaction { try? execute("ROLLBACK") }
    }

    /// Whether the file was deleted or replaced since it was opened: what is read here is then no longer the log.
    var hasMoved: Bool {
        var moved: Int32 = 0
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
        return code == SQLITE_OK && moved != 0
    }

    /// Switches SQLite's own checkpoints off and follows the WAL's size instead.
    func followWAL() throws(SQLiteError) {
        try execute("PRAGMA wal_autocheckpoint=0")
        _ = sqlite3_wal_hook(
            handle,
            { context, _, _, frames in
                Unmanaged<SQLiteConnection>.fromOpaque(context!).takeUnretainedValue().walFrames = Int(frames)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Moves pages from the WAL into the database. Waits at most `milliseconds` for readers (passive: not at all).
    /// Answers how many pages the WAL holds and how many of them are moved by now; throws `busy` where `restart`
    /// or `truncate` could not finish.
    func checkpoint(_ mode: Checkpoint, waitingAtMost milliseconds: Int32 = 0) throws(SQLiteError)
        -> (frames: Int, moved: Int)
    {
        var frames: Int32 = 0
        var moved: Int32 = 0
        sqlite3_busy_timeout(handle, milliseconds)
        defer { sqlite3_busy_timeout(handle, SQLiteConnection.busyTimeoutMilliseconds) }
        let code = sqlite3_wal_checkpoint_v2(handle, "main", mode.code, &frames, &moved)
        guard code == SQLITE_OK else { throw error(code) }
        return (Int(frames), Int(moved))
    }

    /// The error of the call that just failed.
    func error(_ code: Int32) -> SQLiteError {
        var message = "\(path): \(String(cString: sqlite3_errmsg(handle))) (SQLite \(code))"
        let cause = sqlite3_system_errno(handle)
        if code & 0xFF == SQLITE_IOERR, cause != 0 { message += ": \(String(cString: strerror(cause)))" }
        return SQLiteError(code: code, message: message)
    }
}

extension SQLiteConnection.Access {
    fileprivate var flags: Int32 {
        switch self {
        case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .createAttaching: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI
        case .readOnly: SQLITE_OPEN_READONLY
        case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
        }
    }
}

extension SQLiteConnection.Checkpoint {
    fileprivate var code: Int32 {
        switch self {
        case .passive: SQLITE_CHECKPOINT_PASSIVE
        case .restart: SQLITE_CHECKPOINT_RESTART
        case .truncate: SQLITE_CHECKPOINT_TRUNCATE
        }
    }
}
