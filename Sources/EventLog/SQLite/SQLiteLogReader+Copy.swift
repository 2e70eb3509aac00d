internal import Glibc

extension SQLiteLogReader: CopyableLog {
    /// Where no log has been made yet, its copy is missing too.
    public func snapshot(into target: String) throws(ReadError) -> any LogSnapshot {
        let copied = LogFolder(path: target)
        do throws(SQLiteError) {
            // The positions first: the log may be ahead of them, never behind.
            var copies = [try DatabaseCopy(of: folder.positions, to: copied.positions)]
            if access(folder.log, F_OK) == 0 { copies.append(try DatabaseCopy(of: folder.log, to: copied.log)) }
            return SQLiteLogSnapshot(copies)
        } catch {
            throw error.readError
        }
    }
}
