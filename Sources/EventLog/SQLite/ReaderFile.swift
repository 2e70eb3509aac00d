internal import Glibc
internal import Platform

/// The reader's own hold of `positions.sqlite`, which may be taken away or damaged while it is in use.
///
/// What is lost with it is where loading stood: what the log still holds is loaded again, and collapses by its event_id.
/// So a damaged file is set aside, for somebody to look at, and a new one begun: loading does not stop for it.
final class ReaderFile: Sendable {
    private let path: String
    private let file: Condition<PositionsFile?>

    init(_ path: String) throws(SQLiteError) {
        self.path = path
        file = Condition(try ReaderFile.open(path))
    }

    private static func open(_ path: String) throws(SQLiteError) -> PositionsFile? {
        do throws(SQLiteError) {
            let file = try PositionsFile(path: path, access: .create)
            _ = try file?.rows()
            return file
        } catch {
            guard error.nature == .damaged else { throw error }
            try setAside(path, error)
            return try PositionsFile(path: path, access: .create)
        }
    }

    /// As `positions.damaged-TIME.sqlite`, with what SQLite keeps beside it.
    private static func setAside(_ path: String, _ damage: SQLiteError) throws(SQLiteError) {
        let copy = DamagedCopy.path(of: path, unixMilliseconds: Clock.unixMilliseconds())
        for suffix in ["-wal", "-shm", ""] where access(path + suffix, F_OK) == 0 {
            guard rename(path + suffix, copy + suffix) == 0 else { throw damage }
        }
    }

    func with<Result: Sendable>(_ body: (PositionsFile) throws(SQLiteError) -> Result) throws(ReadError) -> Result {
        try file.withLock { file throws(ReadError) in
            guard let open = file else { throw .unavailable("the log is closed") }
            do throws(SQLiteError) {
                return try body(open.hasMoved ? try reopen(&file) : open)
            } catch {
                guard error.nature == .damaged else { throw error.readError }
                // Set aside here, where it was found; the caller asks again.
                file = nil
                do throws(SQLiteError) { _ = try reopen(&file) } catch { throw error.readError }
                throw .unavailable(error.message)
            }
        }
    }

    /// Somebody took the file away: a new one, rather than to write to what is lost.
    private func reopen(_ file: inout PositionsFile?) throws(SQLiteError) -> PositionsFile {
        let new = try ReaderFile.open(path)
        file = new
        guard let new else { throw .busy("\(path) is missing") }
        return new
    }

    func close() { file.withLock { $0 = nil } }
}
