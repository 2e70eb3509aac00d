public import Events
internal import Glibc

/// A look at a SQLite log, whoever has it open: nothing is made, changed or locked against anybody.
public struct LogInspection: Sendable {
    private let folder: LogFolder

    /// `directory`: `DATA_DIR`, or its `spool`.
    public init(directory: String) { folder = LogFolder(path: directory) }

    public var exists: Bool { access(folder.log, F_OK) == 0 }

    /// Size of the log's files, bytes.
    public var bytes: Int64 { Int64(folder.size(folder.log) ?? 0) + folder.walFileBytes }

    /// By topic, what is not read yet. Throws where the files cannot be read so.
    public func backlog() throws(ReadError) -> [(topic: Topic, backlog: Backlog)] {
        do throws(SQLiteError) {
            let positions =
                access(folder.positions, F_OK) == 0
                ? try PositionsFile(path: folder.positions, access: try mode(folder.positions)) : nil
            let log = try mode(folder.log)
            var found: [(topic: Topic, backlog: Backlog)] = []
            for topic in Topic.allCases {
                let next = try positions?.row(TopicPartition(topic)).next ?? 0
                found.append((topic, try TopicReader(topic, folder, access: log).backlog(from: next)))
            }
            return found
        } catch {
            throw error.readError
        }
    }

    /// To read a file with a WAL, SQLite makes an index beside it where there is none: as somebody else's it might keep the log's own
    /// processes out. One without a WAL needs none.
    private func mode(_ path: String) throws(SQLiteError) -> SQLiteConnection.Access {
        if access(path + "-shm", F_OK) == 0 { return .readOnly }
        guard (folder.size(path + "-wal") ?? 0) == 0 else {
            throw .busy("\(path) was not closed: it can be looked at when cinelog runs")
        }
        return .immutable
    }
}
