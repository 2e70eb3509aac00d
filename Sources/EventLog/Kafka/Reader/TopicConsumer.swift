internal import CRDKafka
internal import Events
internal import Platform
internal import Synchronization

/// This process's member of one topic's consumer group: knows which partitions are its own at any moment.
///
/// Partitions come and go on the thread that polls the group (cooperative: those that stay are not interrupted). A commit
/// and a revocation exclude each other, and brokers refuse commits of a member that they have given up: so nobody
/// commits for a partition that another reads.
final class TopicConsumer: Sendable {
    private static let pollMilliseconds: Int32 = 100
    private static let commitMilliseconds: Int32 = 10_000

    let topic: Topic
    let rebalances = Atomic<Int>(0)
    let failures = Atomic<Int>(0)
    let assigned = Atomic<Int>(0)
    private let name: String
    private let client: KafkaClient
    private let feeds: FeedTable
    private let logger: Logger
    private let isClosing = Atomic<Bool>(false)
    private let ended = Condition(false)

    private let topics: TopicWatch

    /// Joins the group once the topics are there: interest in one that is not can make brokers create it, as they like it.
    init(_ topic: Topic, _ options: KafkaOptions, _ topics: TopicWatch, logger: Logger) throws(KafkaFailure) {
        self.topic = topic
        self.topics = topics
        self.logger = logger
        name = options.name(topic)
        let feeds = FeedTable()
        self.feeds = feeds
        let changed = WeakConsumer()
        let context = KafkaContext(logger) { handle, isAssigned, partitions in
            changed.consumer.withLock { $0.value }?.rebalance(handle, isAssigned, partitions)
        }
        client = try KafkaClient(RD_KAFKA_CONSUMER, options, context) { configuration throws(KafkaFailure) in
            try TopicConsumer.configure(configuration, options, topic)
        }
        changed.consumer.withLock { $0.value = self }
        _ = Thread("kafka \(topic.name)") { self.run() }
    }

    private final class WeakConsumer: Sendable {
        struct Reference { weak var value: TopicConsumer? }
        let consumer = Mutex(Reference())
    }

    private static func configure(_ configuration: KafkaConfiguration, _ options: KafkaOptions, _ topic: Topic)
        throws(KafkaFailure)
    {
        try configuration.set("group.id", "\(options.group)-\(options.name(topic))")
        try configuration.set("partition.assignment.strategy", "cooperative-sticky")
        try configuration.set("session.timeout.ms", options.sessionMilliseconds)
        try configuration.set("heartbeat.interval.ms", max(100, options.sessionMilliseconds / 4))
        try configuration.set("enable.auto.commit", "false")
        try configuration.set("enable.auto.offset.store", "false")
        try configuration.set("auto.offset.reset", "earliest")
        // Topics are made by `KafkaTopics`, as wished.
        try configuration.set("allow.auto.create.topics", "false")
        try configuration.set("isolation.level", "read_committed")
        try configuration.set("fetch.wait.max.ms", 100)
        try configuration.set("fetch.error.backoff.ms", 100)
        // A partition's own bound, as each has a queue of its own.
        try configuration.set("queued.max.messages.kbytes", max(64, options.prefetchBytes / 1024))
    }

    // MARK: The Loader's side

    var partitions: [TopicPartition] { feeds.partitions }

    /// Throws where the partition is not this process's (any more).
    func feed(_ partition: TopicPartition) throws(KafkaFailure) -> PartitionFeed { try feeds.feed(partition) }

    func commit(_ partition: TopicPartition, _ position: CommittedPosition) throws(KafkaFailure) {
        try feeds.owning(partition) { feed throws(KafkaFailure) in
            try feed.commit(position, timeoutMilliseconds: TopicConsumer.commitMilliseconds)
        }
    }

    func clusterID(timeoutMilliseconds: Int32) throws(KafkaFailure) -> String {
        try client.clusterID(timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Leaves the group, so that its partitions go to others at once. Blocks.
    func close() {
        isClosing.store(true, ordering: .releasing)
        ended.wait(until: { $0 }) { _ in }
    }

    // MARK: The thread

    private func run() {
        while !isClosing.load(ordering: .acquiring), !topics.wait(atMost: Int(TopicConsumer.pollMilliseconds)) {}
        if !isClosing.load(ordering: .acquiring) { join() }
        while !isClosing.load(ordering: .acquiring) {
            guard let message = rd_kafka_consumer_poll(client.handle, TopicConsumer.pollMilliseconds) else { continue }
            served(message.pointee)
            rd_kafka_message_destroy(message)
        }
        rd_kafka_consumer_close(client.handle)
        ended.withLock { $0 = true }
        ended.broadcast()
    }

    private func join() {
        client.joins()
        let code = PartitionList(name, RD_KAFKA_PARTITION_UA).with { rd_kafka_subscribe(client.handle, $0) }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            logger.error("cannot join the consumer group", ["topic": name, "reason": KafkaFailure(code).message])
        }
    }

    private func served(_ message: rd_kafka_message_t) {
        guard message.err != RD_KAFKA_RESP_ERR_NO_ERROR else {
            // Events belong to their partition's own queue: that one is read again from the right place.
            feeds.lostPlace(message.partition)
            return
        }
        failures.wrappingAdd(1, ordering: .relaxed)
        logger.warning("Kafka says", ["topic": name, "reason": KafkaFailure(message.err).message])
    }

    private func rebalance(
        _ handle: OpaquePointer, _ isAssigned: Bool, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    ) {
        rebalances.wrappingAdd(1, ordering: .relaxed)
        client.wasAssigned()
        let numbers = (0..<Int(list.pointee.cnt)).map { list.pointee.elems[$0].partition }
        do throws(KafkaFailure) {
            if isAssigned {
                feeds.add(
                    numbers.compactMap { PartitionFeed(client, TopicPartition(topic, partition: $0), name: name) })
                try KafkaFailure.check(taking: rd_kafka_incremental_assign(handle, list))
            } else {
                // First here, then for librdkafka: a commit under way ends before, and none begins after.
                feeds.remove(numbers)
                try KafkaFailure.check(taking: rd_kafka_incremental_unassign(handle, list))
            }
        } catch {
            logger.warning("a rebalance failed", ["topic": name, "reason": error.message])
        }
        assigned.store(feeds.count, ordering: .relaxed)
        let change = isAssigned ? "partitions assigned" : "partitions revoked"
        logger.info(change, ["topic": name, "partitions": numbers.map { "\($0)" }.joined(separator: " ")])
    }
}

/// The partitions that are this member's, by number.
private final class FeedTable: Sendable {
    private let feeds = Mutex<[Int32: PartitionFeed]>([:])

    var count: Int { feeds.withLock { $0.count } }
    var partitions: [TopicPartition] {
        feeds.withLock { $0.values.map(\.partition) }.sorted { $0.partition < $1.partition }
    }

    func add(_ new: [PartitionFeed]) {
        feeds.withLock { feeds in
            for feed in new { feeds[feed.partition.partition] = feed }
        }
    }

    func remove(_ numbers: [Int32]) {
        feeds.withLock { feeds in
            for number in numbers { feeds[number] = nil }
        }
    }

    func feed(_ partition: TopicPartition) throws(KafkaFailure) -> PartitionFeed {
        guard let feed = feeds.withLock({ $0[partition.partition] }) else { throw FeedTable.foreign(partition) }
        return feed
    }

    /// Runs `body` while the partition cannot be taken away.
    func owning(_ partition: TopicPartition, _ body: (PartitionFeed) throws(KafkaFailure) -> Void) throws(KafkaFailure)
    {
        try feeds.withLock { feeds throws(KafkaFailure) in
            guard let feed = feeds[partition.partition] else { throw FeedTable.foreign(partition) }
            try body(feed)
        }
    }

    func lostPlace(_ number: Int32) { feeds.withLock { $0[number] }?.lostPlace() }

    private static func foreign(_ partition: TopicPartition) -> KafkaFailure {
        .notOwner("partition \(partition.partition) of \(partition.topic.name) belongs to another reader now")
    }
}
