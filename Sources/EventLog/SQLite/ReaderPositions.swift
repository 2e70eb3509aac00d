internal import Glibc

/// The writer's view of the reader's `positions.sqlite`, which may come, go and be replaced.
///
/// `@unchecked Sendable`: used by whoever opens the log, then by the upkeep thread alone.
final class ReaderPositions: @unchecked Sendable {
    private let path: String
    private var file: PositionsFile?

    init(_ folder: LogFolder) { path = folder.positions }

    /// Where the reader stands, by topic; nil where there is no reader yet.
    func rows() throws(SQLiteError) -> [PositionsFile.Row]? {
        if let file, file.hasMoved { self.file = nil }
        if file == nil {
            guard access(path, F_OK) == 0 else { return nil }
            file = try PositionsFile(path: path, access: .readOnly)
        }
        return try file?.rows()
    }
}
