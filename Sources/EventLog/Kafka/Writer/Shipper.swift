internal import Events
internal import Platform

/// Sends what was spooled to the brokers once they are back: the topic whose oldest event is the oldest first, chunk by chunk, each
/// committed when all its lines are acknowledged. Lines that were not are sent again until they are; after a restart the
/// whole chunk is. Doubles have the same event_ids. One thread.
final class Shipper: Sendable {
    private struct State {
        var isPoked = false
        var isStopped = false
    }

    private static let chunk = ReadLimit(events: 10_000, bytes: 1 << 20)
    private static let idleMilliseconds = 1000
    private static let failedMilliseconds = 500

    private let spool: SQLiteLogReader
    private let route: BrokerRoute
    private let topics: TopicWatch
    private let metrics: KafkaWriterMetrics
    private let logger: Logger
    /// Makes a producer where there is none.
    private let renew: @Sendable () -> Void
    private let state = Condition(State())

    init(
        _ spool: SQLiteLogReader, _ route: BrokerRoute, _ topics: TopicWatch, _ metrics: KafkaWriterMetrics,
        logger: Logger, renew: @escaping @Sendable () -> Void
    ) {
        self.spool = spool
        self.route = route
        self.topics = topics
        self.metrics = metrics
        self.logger = logger
        self.renew = renew
    }

    /// There is something new in the spool.
    func poke() {
        state.withLock { $0.isPoked = true }
        state.signal()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        state.broadcast()
    }

    // MARK: The thread

    func run() {
        while !isStopped {
            switch step() {
            case .shipped: continue
            case .nothing: pause(Shipper.idleMilliseconds)
            case .failed: pause(Shipper.failedMilliseconds)
            }
        }
    }

    private enum Progress { case shipped, nothing, failed }

    private func step() -> Progress {
        // Producing before the topics are there would make brokers create them, as they like them.
        guard topics.areThere else { return .nothing }
        guard let producer = route.producer else {
            renew()
            return .failed
        }
        do throws(ReadError) {
            if let next = try oldest() { return try ship(next, producer) }
        } catch {
            logger.warning("the spool cannot be read", ["reason": "\(error)"])
            return .failed
        }
        if route.detour != nil, producer.isAnswered(timeoutMilliseconds: 2000) { route.reopen() }
        return .nothing
    }

    /// The topic whose oldest waiting event is the oldest.
    private func oldest() throws(ReadError) -> TopicPartition? {
        var found: (partition: TopicPartition, age: Int64)?
        for topic in Topic.allCases {
            let partition = TopicPartition(topic)
            let backlog = try spool.backlog(partition)
            guard backlog.events > 0, found == nil || backlog.oldestAgeMilliseconds > found!.age else { continue }
            found = (partition, backlog.oldestAgeMilliseconds)
        }
        return found?.partition
    }

    private func ship(_ partition: TopicPartition, _ producer: KafkaProducer) throws(ReadError) -> Progress {
        let position = try spool.committed(partition).next
        let lines = EventLines()
        let read = try spool.read(
            partition, from: position, limit: Shipper.chunk, into: lines.buffer(partition.topic))
        if read.first > position || read.damage != nil { complain(partition.topic, read, from: position) }
        if read.damage == nil {
            for _ in 0..<read.count { lines.lineAdded(partition.topic) }
        } else {
            Shipper.makeOneLine(lines, partition.topic)
        }
        guard deliverAll(lines, producer, partition.topic) else { return .failed }
        try spool.commit(partition, CommittedPosition(next: read.first + Int64(read.count), note: ""))
        metrics.count(lines.counts, in: metrics.shipped)
        return .shipped
    }

    /// Tries until all are acknowledged; false: told to stop, or the producer has been replaced.
    private func deliverAll(_ lines: EventLines, _ producer: KafkaProducer, _ topic: Topic) -> Bool {
        var rest = lines
        while !isStopped, route.producer === producer {
            let result = deliver(rest, producer)
            guard let failure = result.refusal ?? result.failure else {
                route.reopen()
                return true
            }
            if result.refusal != nil { complain(topic, failure) }
            route.close(failure.message)
            // Refused lines are not among them: then all are tried.
            if result.refusal == nil, let left = result.unacknowledged { rest = left }
            pause(Shipper.failedMilliseconds)
        }
        return false
    }

    /// Waits for all reports: they come within `KafkaOptions.acknowledgeMilliseconds`.
    private func deliver(_ lines: EventLines, _ producer: KafkaProducer) -> Delivery.Result {
        let outcome = Condition<Delivery.Result?>(nil)
        producer.send(
            lines,
            Delivery(lines) { _, result in
                outcome.withLock { $0 = result }
                outcome.signal()
            })
        return outcome.wait(until: { $0 != nil }) { $0 ?? Delivery.Result() }
    }

    /// Damaged lines go as one message, as they were found: no row, but kept for people (`MessageLine`).
    private static func makeOneLine(_ lines: EventLines, _ topic: Topic) {
        let buffer = lines.buffer(topic)
        guard buffer.count > 0 else { return }
        for place in 0..<buffer.count where buffer.base[place] == 0x0A { buffer.base[place] = UInt8(ascii: " ") }
        buffer.append(UInt8(0x0A))
        lines.lineAdded(topic)
    }

    private func complain(_ topic: Topic, _ read: ReadResult, from position: Int64) {
        logger.error(
            "the spool does not hold all that it acknowledged",
            [
                "topic": topic.name, "missing": "\(read.first - position)",
                "damaged": "\(read.damage == nil ? 0 : read.count)", "reason": read.damage ?? "a gap",
            ])
    }

    private func complain(_ topic: Topic, _ refusal: KafkaFailure) {
        logger.error(
            "brokers refuse an acknowledged event: it stays in the spool, and what came after it; raise the topic's "
                + "max.message.bytes", ["topic": topic.name, "reason": refusal.message])
    }

    private func pause(_ milliseconds: Int) {
        state.wait(atMost: milliseconds, until: { $0.isPoked || $0.isStopped }) { $0.isPoked = false }
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }
}

extension EventLines {
    /// How many lines, by topic.
    var counts: [Int] { Topic.allCases.map { count($0) } }
}
