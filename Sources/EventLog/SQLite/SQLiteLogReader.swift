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
    private let positions: ReaderFile
    private let isClosed = Atomic<Bool>(false)

    /// One connection a topic, opened when there is a log to read.
    private final class OpenTopic: Sendable {
        let topic: Topic
        let reader = Mutex<TopicReader?>(nil)
        /// Behind the last position that was handed out by this process.
        let handedOut = Atomic<Int64>(0)
        init(_ topic: Topic) { self.topic = topic }
    }

    /// `directory`: `DATA_DIR`; made where it is missing. The log itself may come later. Throws where the positions
    /// cannot be kept.
    public init(directory: String) throws(LogOpenError) {
        folder = LogFolder(path: directory)
        try folder.create()
        topics = Topic.allCases.map(OpenTopic.init)
        do throws(SQLiteError) {
            positions = try ReaderFile(folder.positions)
        } catch {
            throw LogOpenError(error.message)
        }
    }

    public func identity() throws(ReadError) -> UUID {
        try withTopic(TopicPartition(.clicks)) { reader throws(SQLiteError) in try reader.identity() }
    }

    public func partitions(_ topic: Topic) throws(ReadError) -> [TopicPartition] { [TopicPartition(topic)] }

    public func committed(_ partition: TopicPartition) throws(ReadError) -> CommittedPosition {
        try positions.with { file throws(SQLiteError) in try file.row(partition).committed }
    }

    public func commit(_ partition: TopicPartition, _ position: CommittedPosition) throws(ReadError) {
        let handedOut = topics[Int(partition.topic.rawValue)].handedOut.load(ordering: .sequentiallyConsistent)
        try positions.with { file throws(SQLiteError) in
            let readTo = max(try file.row(partition).readTo, handedOut, position.next)
            try file.write(
                partition,
                PositionsFile.Row(
                    next: position.next, readTo: readTo, log: position.log?.description ?? "", note: position.note))
        }
    }

    public func read(
        _ partition: TopicPartition, from position: Int64, limit: ReadLimit, into buffer: ByteBuffer
    ) throws(ReadError) -> ReadResult {
        let start = buffer.count
        do throws(ReadError) {
            let result = try withTopic(partition) { reader throws(SQLiteError) in
                try reader.read(from: position, limit: limit, into: buffer)
            }
            if result.count > 0 {
                let end = result.first + Int64(result.count)
                topics[Int(partition.topic.rawValue)].handedOut.max(end, ordering: .sequentiallyConsistent)
            }
            return result
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    public func backlog(_ partition: TopicPartition) throws(ReadError) -> Backlog {
        let next = try committed(partition).next
        return try withTopic(partition) { reader throws(SQLiteError) in try reader.backlog(from: next) }
    }

    public func end(_ partition: TopicPartition) throws(ReadError) -> Int64 {
        let next = try committed(partition).next
        return max(next, try withTopic(partition) { reader throws(SQLiteError) in try reader.end() })
    }

    public func close() {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        for topic in topics { topic.reader.withLock { $0 = nil } }
        positions.close()
    }

    // MARK: Connections

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
