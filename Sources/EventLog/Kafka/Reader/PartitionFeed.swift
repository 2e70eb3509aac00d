internal import CRDKafka
internal import Events
internal import Platform
internal import Synchronization

/// One partition that this process reads: its messages, and what the group has committed for it. Lives from assignment to
/// revocation; afterwards it may still be read, but not committed.
final class PartitionFeed: Sendable {
    /// `@unchecked Sendable`: behind the feed's lock.
    private final class State: @unchecked Sendable {
        let queue: MessageQueue
        let line = MessageLine()
        var committed: CommittedPosition?
        /// Bytes of a line, on an average of the last reads.
        var averageBytes = 512.0
        /// When the waiting events were first seen; nil: none wait.
        var waitingSince: UInt64?

        init(_ queue: MessageQueue) { self.queue = queue }
    }

    private static let networkMilliseconds: Int32 = 5000
    private static let waitMilliseconds: Int32 = 50
    /// How long a read waits for messages that are known to be there.
    private static let readMilliseconds: UInt64 = 10_000

    let partition: TopicPartition
    private let client: KafkaClient
    private let name: String
    private let state: Mutex<State>
    private let lostPlaceFlag = Atomic<Bool>(false)

    /// See `MessageQueue`.
    init?(_ client: KafkaClient, _ partition: TopicPartition, name: String) {
        guard let queue = MessageQueue(client, name, partition.partition) else { return nil }
        self.client = client
        self.partition = partition
        self.name = name
        state = Mutex(State(queue))
    }

    /// A message went astray: the queue no longer holds all.
    func lostPlace() { lostPlaceFlag.store(true, ordering: .releasing) }

    // MARK: Committed positions

    func committed() throws(KafkaFailure) -> CommittedPosition {
        try state.withLock { state throws(KafkaFailure) in try committed(state) }
    }

    /// The owner alone commits: asked once, then remembered.
    private func committed(_ state: State) throws(KafkaFailure) -> CommittedPosition {
        if let committed = state.committed { return committed }
        let list = PartitionList(name, partition.partition)
        let code = list.with { rd_kafka_committed(client.handle, $0, PartitionFeed.networkMilliseconds) }
        try KafkaFailure.check(code)
        try KafkaFailure.check(list.code)
        let committed =
            list.offset >= 0
            ? OffsetNote.position(list.offset, list.note) : CommittedPosition(next: try watermarks().low, note: "")
        state.committed = committed
        return committed
    }

    /// Blocks until the group's coordinator has stored it.
    func commit(_ position: CommittedPosition, timeoutMilliseconds: Int32) throws(KafkaFailure) {
        try state.withLock { state throws(KafkaFailure) in
            // Where it fails, nobody knows what the coordinator has: it is asked again.
            state.committed = nil
            try store(position, timeoutMilliseconds)
            state.committed = position
        }
    }

    private func store(_ position: CommittedPosition, _ timeoutMilliseconds: Int32) throws(KafkaFailure) {
        let list = PartitionList(
            name, partition.partition, offset: position.next, note: OffsetNote.text(position))
        let answers = rd_kafka_queue_new(client.handle)
        defer { rd_kafka_queue_destroy(answers) }
        try KafkaFailure.check(list.with { rd_kafka_commit_queue(client.handle, $0, answers, nil, nil) })
        guard let event = rd_kafka_queue_poll(answers, timeoutMilliseconds) else {
            throw .away("the group's coordinator has not answered within \(timeoutMilliseconds) ms")
        }
        defer { rd_kafka_event_destroy(event) }
        try KafkaFailure.check(rd_kafka_event_error(event))
        guard let answer = rd_kafka_event_topic_partition_list(event), answer.pointee.cnt > 0 else { return }
        try KafkaFailure.check(answer.pointee.elems[0].err)
    }

    // MARK: Reading

    /// See `EventLogReader.read`.
    func read(from position: Int64, limit: ReadLimit, into buffer: ByteBuffer) throws(KafkaFailure) -> ReadResult {
        try state.withLock { state throws(KafkaFailure) in
            try seek(state, position)
            let result = try read(state, position, limit, buffer)
            if result.count > 0 { state.waitingSince = nil }
            return result
        }
    }

    private func seek(_ state: State, _ position: Int64) throws(KafkaFailure) {
        if lostPlaceFlag.exchange(false, ordering: .acquiringAndReleasing) { state.queue.lostPlace() }
        try state.queue.seek(position)
    }

    private func read(_ state: State, _ position: Int64, _ limit: ReadLimit, _ buffer: ByteBuffer) throws(KafkaFailure)
        -> ReadResult
    {
        var result = ReadResult(first: position, count: 0, oldestAppendedAt: 0)
        let start = buffer.count
        let deadline = Clock.monotonicMilliseconds() + PartitionFeed.readMilliseconds
        let end = try end(limit)
        while result.count < limit.events, (state.queue.next ?? end) < end {
            guard let message = try state.queue.first(waitMilliseconds: PartitionFeed.waitMilliseconds) else {
                guard Clock.monotonicMilliseconds() >= deadline else { continue }
                // A plan's range must come whole.
                if limit.last == nil, result.count > 0 { break }
                throw .away("\(name)/\(partition.partition): offset \(state.queue.next ?? position) does not come")
            }
            let offset = message.pointee.offset
            // Offsets that hold no message (trimmed, compacted, a transaction's marks) end a read: the next begins behind.
            guard offset < end, result.count == 0 || offset == result.first + Int64(result.count) else { break }
            let before = buffer.count
            state.line.append(message.pointee, of: partition.topic, to: buffer)
            if result.count > 0, buffer.count - start > limit.bytes {
                buffer.truncate(to: before)
                break
            }
            if result.count == 0 {
                result.first = offset
                result.oldestAppendedAt = PartitionFeed.timestamp(message)
            }
            result.count += 1
            state.queue.take()
        }
        if result.count > 0 {
            state.averageBytes += (Double(buffer.count - start) / Double(result.count) - state.averageBytes) / 4
        }
        return result
    }

    /// Behind what is to be read: what is there now; what is being appended meanwhile is for the next read.
    private func end(_ limit: ReadLimit) throws(KafkaFailure) -> Int64 {
        if let last = limit.last { return last + 1 }
        return try highWatermark() ?? 0
    }

    private static func timestamp(_ message: MessageQueue.Message) -> Int64 {
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        return max(0, rd_kafka_message_timestamp(message, &type))
    }

    // MARK: Backlog

    /// From the watermarks that fetching brings along. Bytes are estimated.
    func backlog() throws(KafkaFailure) -> Backlog {
        try state.withLock { state throws(KafkaFailure) in
            let next = try committed(state).next
            guard let end = try highWatermark(), end > next else {
                state.waitingSince = nil
                return Backlog(events: 0, bytes: 0, oldestAgeMilliseconds: 0)
            }
            try seek(state, next)
            let events = end - next
            return Backlog(
                events: events, bytes: Int64(Double(events) * state.averageBytes),
                oldestAgeMilliseconds: try age(state))
        }
    }

    /// By the message's time, or since it was seen here: its sender's clock may be ahead.
    private func age(_ state: State) throws(KafkaFailure) -> Int64 {
        let now = Clock.monotonicMilliseconds()
        let since = state.waitingSince ?? now
        state.waitingSince = since
        let seen = Int64(now - since)
        guard let message = try state.queue.first(waitMilliseconds: 0) else { return seen }
        let timestamp = PartitionFeed.timestamp(message)
        return timestamp > 0 ? max(seen, Clock.unixMilliseconds() - timestamp) : seen
    }

    /// The offset behind the newest message; nil: not known yet.
    private func highWatermark() throws(KafkaFailure) -> Int64? {
        var (low, high): (Int64, Int64) = (-1, -1)
        try KafkaFailure.check(
            rd_kafka_get_watermark_offsets(client.handle, name, partition.partition, &low, &high))
        return high >= 0 ? high : nil
    }

    /// Behind the newest message as the leader has it now. What fetching brings along is older, and may lack what was acknowledged.
    func end() throws(KafkaFailure) -> Int64 { try watermarks().high }

    /// Asks the partition's leader.
    private func watermarks() throws(KafkaFailure) -> (low: Int64, high: Int64) {
        var (low, high): (Int64, Int64) = (-1, -1)
        try KafkaFailure.check(
            rd_kafka_query_watermark_offsets(
                client.handle, name, partition.partition, &low, &high, PartitionFeed.networkMilliseconds))
        return (max(0, low), max(0, high))
    }
}
