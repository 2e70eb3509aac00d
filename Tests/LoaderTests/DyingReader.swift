import EventLog
import Events
import Platform

/// The real log's reader, of a process that dies at a chosen commit: from then on nothing works any more.
final class DyingReader: EventLogReader {
    enum Death: Sendable {
        /// The commit is not made any more.
        case before
        /// The commit is made; nothing after it.
        case after
    }

    typealias Decision = @Sendable (CommittedPosition) -> Death?

    private let real: SQLiteLogReader
    private let decide: Decision
    private let dead = Condition(false)

    init(_ real: SQLiteLogReader, dies decide: @escaping Decision) {
        self.real = real
        self.decide = decide
    }

    var isDead: Bool { dead.withLock { $0 } }

    func commit(_ partition: TopicPartition, _ position: CommittedPosition) throws(ReadError) {
        try live()
        switch decide(position) {
        case .before: try die()
        case .after:
            try real.commit(partition, position)
            try die()
        case nil: try real.commit(partition, position)
        }
    }

    private func live() throws(ReadError) {
        if isDead { throw .unavailable("the process is dead") }
    }

    private func die() throws(ReadError) {
        dead.withLock { $0 = true }
        throw .unavailable("the process died")
    }

    func identity() throws(ReadError) -> UUID {
        try live()
        return try real.identity()
    }

    func partitions(_ topic: Topic) throws(ReadError) -> [TopicPartition] {
        try live()
        return try real.partitions(topic)
    }

    func committed(_ partition: TopicPartition) throws(ReadError) -> CommittedPosition {
        try live()
        return try real.committed(partition)
    }

    func read(_ partition: TopicPartition, from position: Int64, limit: ReadLimit, into buffer: ByteBuffer)
        throws(ReadError) -> ReadResult
    {
        try live()
        return try real.read(partition, from: position, limit: limit, into: buffer)
    }

    func backlog(_ partition: TopicPartition) throws(ReadError) -> Backlog {
        try live()
        return try real.backlog(partition)
    }

    func end(_ partition: TopicPartition) throws(ReadError) -> Int64 {
        try live()
        return try real.end(partition)
    }

    func close() { real.close() }
}
