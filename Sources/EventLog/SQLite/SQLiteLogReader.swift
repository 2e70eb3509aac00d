public import Events
internal import Glibc
internal import Synchronization

/// The reading side of the SQLite log, for the loading process. It reads `log.sqlite`, and keeps where it stands in a
/// database of its own, `positions.sqlite`: the two processes never wait for each other's locks.
///
/// Calls on different topics run side by side; read transactions last as long as one call.
public final class SQLiteLogReader: EventLogReader {
    let folder: LogFolder
    private let topics: [OpenTopic]
    private let positions: Mutex<PositionsFile?>
    private let isClosed = Atomic<Bool>(false)

    /// One connection a topic, opened when there is a log to read.
    private final class OpenTopic: Sendable {
        let topic: Topic
        let reader = Mutex<TopicReader?>(nil)
        init(_ topic: Topic) { self.topic = topic }
    }

    /// `directory`: `DATA_DIR`; made where it is missing. The log itself may come later. Throws where the positions
    /// cannot be kept.
    public init(directory: String) throws(LogOpenError) {
        folder = LogFolder(path: directory)
        try folder.create()
        topics = Topic.allCases.map(OpenTopic.init)
        do throws(SQLiteError) {
            positions = Mutex(try PositionsFile(path: folder.positions, access: .create))
        } catch {
            throw LogOpenError(error.message)
        }
    }

    public func identity() throws(ReadError) -> UUID {
        try withTopic(TopicPartition(.clicks)) { reader throws(SQLiteError) in try reader.identity() }
    }

    public func partitions(_ topic: Topic) throws(ReadError) -> [TopicPartition] { [TopicPartition(topic)] }

    public func committed(_ partition: TopicPartition) throws(ReadError) -> CommittedPosition {
        try withPositions { file throws(SQLiteError) in try file.committed(partition) }
    }

    public func commit(_ partition: TopicPartition, _ position: CommittedPosition) throws(ReadError) {
        try withPositions { file throws(SQLiteError) in try file.commit(partition, position) }
    }

    public func read(
        _ partition: TopicPartition, from position: Int64, limit: ReadLimit, into buffer: ByteBuffer
    ) throws(ReadError) -> ReadResult {
        let start = buffer.count
        do throws(ReadError) {
            return try withTopic(partition) { reader throws(SQLiteError) in
                try reader.read(from: position, limit: limit, into: buffer)
            }
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    public func backlog(_ partition: TopicPartition) throws(ReadError) -> Backlog {
        let next = try committed(partition).next
        return try withTopic(partition) { reader throws(SQLiteError) in try reader.backlog(from: next) }
    }

    public func close() {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        for topic in topics { topic.reader.withLock { $0 = nil } }
        positions.withLock { $0 = nil }
    }

    // MARK: Connections

    private func withPositions<Result: Sendable>(_ body: (PositionsFile) throws(SQLiteError) -> Result)
        throws(ReadError) -> Result
    {
        try positions.withLock { file throws(ReadError) in
            guard let open = file else { throw .unavailable("the log is closed") }
            do throws(SQLiteError) {
                if !open.hasMoved { return try body(open) }
                // Somebody took the file away: begin a new one, rather than write to what is lost.
                let new = try PositionsFile(path: folder.positions, access: .create)
                file = new
                guard let new else { throw .busy("\(folder.positions) is missing") }
                return try body(new)
            } catch {
                throw error.readError
            }
        }
    }

    private func withTopic<Result: Sendable>(
        _ partition: TopicPartition, _ body: (TopicReader) throws(SQLiteError) -> Result
    ) throws(ReadError) -> Result {
        let topic = topics[Int(partition.topic.rawValue)]
        return try topic.reader.withLock { reader throws(ReadError) in
            guard !isClosed.load(ordering: .sequentiallyConsistent) else { throw .unavailable("the log is closed") }
            do throws(SQLiteError) {
                if let open = reader, !open.hasMoved { return try body(open) }
                let open = try openTopic(topic.topic)
                reader = open
                return try body(open)
            } catch {
                throw error.readError
            }
        }
    }

    private func openTopic(_ topic: Topic) throws(SQLiteError) -> TopicReader {
        guard access(folder.log, F_OK) == 0 else { throw TopicReader.missing(folder) }
        return try TopicReader(topic, folder)
    }
}
