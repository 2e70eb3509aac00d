internal import CSQLite

/// One prepared statement. Parameters count from 1, columns from 0, as in SQLite.
final class SQLiteStatement {
    private let handle: OpaquePointer
    private let connection: SQLiteConnection

    init(_ handle: OpaquePointer, of connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    func bind(_ value: Int64, at index: Int32) { check(sqlite3_bind_int64(handle, index, value)) }

    /// `bytes` are not copied: they must stay as they are until the statement has run.
    func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) throws(SQLiteError) {
        // No destructor is SQLITE_STATIC.
        let code = sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), nil)
        guard code == SQLITE_OK else { throw connection.error(code) }
    }

    /// `text` is copied.
    func bind(_ text: String, at index: Int32) throws(SQLiteError) {
        let code = cinelog_sqlite_bind_text(handle, index, text, UInt64(text.utf8.count))
        guard code == SQLITE_OK else { throw connection.error(code) }
    }

    /// True: there is a row to look at. False: done.
    func step() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = connection.error(code)
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs to the end and is ready for the next time.
    func run() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    /// Ends the reading; the parameters keep their values.
    func reset() { sqlite3_reset(handle) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// Valid until the next `step` or `reset`.
    func blob(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// Only a wrong index or a statement under way make these fail.
    private func check(_ code: Int32) { precondition(code == SQLITE_OK, "SQLite refuses a parameter: \(code)") }
}
