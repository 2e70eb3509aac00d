internal import CSQLite
internal import Glibc

/// What SQLite said, with its extended result code (https://www.sqlite.org/rescode.html).
package struct SQLiteError: Error, Equatable {
    /// What follows from an error.
    enum Nature {
        /// No room, on the disk or under a limit. Room may come.
        case full
        /// Somebody else holds a lock, or memory is short. Worth another try.
        case busy
        /// The file is damaged. No retry helps; salvage may.
        case damaged
        /// The file is not ours, or of another format: it is left as it is.
        case foreign
        /// The disk failed. What was written since the last sync is not known to be there.
        case broken
    }

    package let code: Int32
    package let message: String

    /// Findings of our own about a file, in SQLite's terms.
    static func damaged(_ message: String) -> SQLiteError { SQLiteError(code: SQLITE_CORRUPT, message: message) }
    /// SQLite itself does not use this code any more.
    static func foreign(_ message: String) -> SQLiteError { SQLiteError(code: SQLITE_FORMAT, message: message) }
    static func full(_ message: String) -> SQLiteError { SQLiteError(code: SQLITE_FULL, message: message) }
    static func broken(_ message: String) -> SQLiteError { SQLiteError(code: SQLITE_IOERR, message: message) }
    static func busy(_ message: String) -> SQLiteError { SQLiteError(code: SQLITE_BUSY, message: message) }

    var nature: Nature {
        // The only I/O error that means "no room": the shared memory's file could not grow.
        if code == SQLITE_IOERR | (19 << 8) { return .full }
        switch code & 0xFF {
        case SQLITE_FULL: return .full
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_PROTOCOL, SQLITE_CANTOPEN, SQLITE_INTERRUPT: return .busy
        case SQLITE_FORMAT: return .foreign
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_ERROR, SQLITE_CONSTRAINT:
            return .damaged
        default: return .broken
        }
    }

    /// Nothing is acknowledged after it.
    var isFatal: Bool { [.damaged, .foreign, .broken].contains(nature) }

    /// To a reader a failing disk is worth another try too: it loses nothing by waiting.
    var readError: ReadError {
        nature == .damaged || nature == .foreign ? .damaged(message) : .unavailable(message)
    }
}
