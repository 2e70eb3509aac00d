/// A log that lies in files of this machine and can be copied while it is written and read.
public protocol CopyableLog: EventLogReader {
    /// Fixes the log and the committed positions as they are now. Takes milliseconds; the files in `folder`, which exists
    /// and lacks them, are written by `LogSnapshot.write`, with the names that they have in `DATA_DIR`.
    func snapshot(into folder: String) throws(ReadError) -> any LogSnapshot
}

/// A log and its reader's positions as they were at one moment. Appending goes on; what has been trimmed since is still here.
/// Until it is written the log's files cannot shrink: write it soon.
public protocol LogSnapshot: AnyObject, Sendable {
    /// What the files will take, at most.
    var bytes: Int64 { get }

    /// Writes the files, without syncing them. Once.
    func write() throws(ReadError)
}
