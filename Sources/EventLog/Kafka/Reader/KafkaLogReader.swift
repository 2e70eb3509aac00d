public import Events
public import Platform
internal import Synchronization

/// The reading side of the Kafka log: a member of one consumer group a topic. Several processes share the partitions.
///
/// A partition's position and note are its group's committed offset and that offset's metadata: they go with the partition to
/// whoever reads it next. A commit for a partition that has gone to another fails, and changes nothing there.
public final class KafkaLogReader: EventLogReader {
    private static let networkMilliseconds: Int32 = 5000

    private let options: KafkaOptions
    private let consumers: [TopicConsumer]
    private let topics: TopicWatch
    private let known = Mutex<UUID?>(nil)
    private let isClosed = Atomic<Bool>(false)

    /// Joins the groups. Brokers and topics may come later. Throws where a setting is wrong.
    public init(_ options: KafkaOptions, metrics registry: MetricsRegistry, logger: Logger) throws(LogOpenError) {
        self.options = options
        do throws(KafkaTopicsError) {
            topics = try TopicWatch(options, logger: logger)
        } catch {
            throw LogOpenError("Kafka: \(error.description)")
        }
        var consumers: [TopicConsumer] = []
        do throws(KafkaFailure) {
            for topic in Topic.allCases { consumers.append(try TopicConsumer(topic, options, topics, logger: logger)) }
        } catch {
            for consumer in consumers { consumer.close() }
            throw LogOpenError("Kafka: \(error.message)")
        }
        self.consumers = consumers
        topics.start()
        KafkaReaderMetrics.register(registry, consumers)
    }

    deinit { close() }

    public func identity() throws(ReadError) -> UUID {
        if let known = known.withLock({ $0 }) { return known }
        return try asking { () throws(KafkaFailure) in
            let cluster = try consumers[0].clusterID(timeoutMilliseconds: KafkaLogReader.networkMilliseconds)
            let identity = LogIdentity.of(cluster: cluster, topicPrefix: options.topicPrefix)
            known.withLock { $0 = identity }
            return identity
        }
    }

    public func partitions(_ topic: Topic) throws(ReadError) -> [TopicPartition] {
        guard !isClosed.load(ordering: .acquiring) else { throw .unavailable("the log is closed") }
        return consumers[Int(topic.rawValue)].partitions
    }

    public func committed(_ partition: TopicPartition) throws(ReadError) -> CommittedPosition {
        try asking { () throws(KafkaFailure) in try feed(partition).committed() }
    }

    public func commit(_ partition: TopicPartition, _ position: CommittedPosition) throws(ReadError) {
        try asking { () throws(KafkaFailure) in try consumer(partition).commit(partition, position) }
    }

    public func read(
        _ partition: TopicPartition, from position: Int64, limit: ReadLimit, into buffer: ByteBuffer
    ) throws(ReadError) -> ReadResult {
        let start = buffer.count
        do throws(ReadError) {
            return try asking { () throws(KafkaFailure) in
                try feed(partition).read(from: position, limit: limit, into: buffer)
            }
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    public func backlog(_ partition: TopicPartition) throws(ReadError) -> Backlog {
        try asking { () throws(KafkaFailure) in try feed(partition).backlog() }
    }

    public func end(_ partition: TopicPartition) throws(ReadError) -> Int64 {
        try asking { () throws(KafkaFailure) in try feed(partition).end() }
    }

    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        topics.stop()
        for consumer in consumers { consumer.close() }
    }

    // MARK: Consumers

    private func consumer(_ partition: TopicPartition) -> TopicConsumer { consumers[Int(partition.topic.rawValue)] }

    private func feed(_ partition: TopicPartition) throws(KafkaFailure) -> PartitionFeed {
        try consumer(partition).feed(partition)
    }

    private func asking<Result>(_ body: () throws(KafkaFailure) -> Result) throws(ReadError) -> Result {
        guard !isClosed.load(ordering: .acquiring) else { throw .unavailable("the log is closed") }
        do throws(KafkaFailure) {
            return try body()
        } catch {
            throw error.readError
        }
    }
}

/// Which log a cluster is.
enum LogIdentity {
    /// The same cluster and prefix, the same identity: their FNV-1a hash (128 bits), as a UUID of version 8 (RFC 9562).
    static func of(cluster: String, topicPrefix: String) -> UUID {
        let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013B
        var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
        for byte in "kafka/\(cluster)/\(topicPrefix)".utf8 { hash = (hash ^ UInt128(byte)) &* prime }
        let high = UInt64(truncatingIfNeeded: hash >> 64)
        let low = UInt64(truncatingIfNeeded: hash)
        return UUID(high: high & ~0xF000 | 0x8000, low: low & ~(3 << 62) | 1 << 63)
    }
}
