internal import CRDKafka
internal import Events
internal import Platform
internal import Synchronization

/// One idempotent producer, and the thread that serves its delivery reports.
///
/// A producer that fails for good (`onFatal`) is retired: what it still holds fails, is told to its deliveries, and it
/// goes. It is alive as long as its thread is.
final class KafkaProducer: Sendable {
    /// What a producer tells beyond its reports. On its thread.
    struct Observer: Sendable {
        /// No broker can be reached.
        var allBrokersDown: @Sendable (String) -> Void
        /// This producer is at its end.
        var fatal: @Sendable (KafkaProducer, String) -> Void
    }

    private static let pollMilliseconds: Int32 = 100
    private static let flushMilliseconds: Int32 = 100

    private let client: KafkaClient
    private let topics: ProducerTopics
    private let observer: Observer
    private let isRetired = Atomic<Bool>(false)
    private let ended = Condition(false)

    init(_ options: KafkaOptions, logger: Logger, observer: Observer) throws(KafkaFailure) {
        self.observer = observer
        client = try KafkaClient(RD_KAFKA_PRODUCER, options, KafkaContext(logger)) {
            configuration throws(KafkaFailure) in
            configuration.setEvents(RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR)
            try KafkaProducer.configure(configuration, options)
        }
        topics = try ProducerTopics(client, options)
        _ = Thread("kafka reports") { self.run() }
    }

    private static func configure(_ configuration: KafkaConfiguration, _ options: KafkaOptions) throws(KafkaFailure) {
        // Acknowledged by all replicas in sync, in order, without doubles from its own retries.
        try configuration.set("enable.idempotence", "true")
        try configuration.set("acks", "all")
        try configuration.set("message.timeout.ms", options.acknowledgeMilliseconds)
        try configuration.set("socket.timeout.ms", max(1000, options.acknowledgeMilliseconds))
        try configuration.set("linger.ms", min(options.lingerMilliseconds, options.acknowledgeMilliseconds - 1))
        try configuration.set("compression.type", options.compression)
        // As Java's clients do it: a key is in the same partition whoever sends it.
        try configuration.set("partitioner", "murmur2_random")
        try configuration.set("message.max.bytes", options.messageBytesMax)
        try configuration.set("batch.size", min(1_000_000, options.messageBytesMax))
        // The bound is kept by the writer; these are beyond it.
        try configuration.set("queue.buffering.max.messages", 10_000_000)
        try configuration.set("queue.buffering.max.kbytes", min(2_097_151, options.queueBytesMax / 512 + 65_536))
    }

    /// Hands every line to librdkafka, which copies it. Each is told to `delivery` once, soon or late.
    func send(_ lines: EventLines, _ delivery: Delivery) {
        for topic in Topic.allCases where lines.count(topic) > 0 {
            LineScan.forEachLine(lines.buffer(topic).bytes) { line in send(line, topic, delivery) }
        }
        delivery.sent()
    }

    private func send(_ line: UnsafeRawBufferPointer, _ topic: Topic, _ delivery: Delivery) {
        let key = MessageKey.of(line)
        let receipt = Unmanaged.passRetained(delivery)
        let result = rd_kafka_produce(
            topics.handle(topic), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
            UnsafeMutableRawPointer(mutating: line.baseAddress), line.count, key?.baseAddress, key?.count ?? 0,
            receipt.toOpaque())
        guard result != 0 else { return }
        receipt.release()
        delivery.failed(topic, line, KafkaFailure(rd_kafka_last_error()))
    }

    func isAnswered(timeoutMilliseconds: Int32) -> Bool { client.isAnswered(timeoutMilliseconds: timeoutMilliseconds) }

    // MARK: The end

    /// Fails what is under way and takes leave; returns at once.
    func retire() {
        isRetired.store(true, ordering: .releasing)
        rd_kafka_purge(client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    }

    /// Lets what is under way come to its end, at most so long; then as `retire`. Blocks.
    func close(milliseconds: Int) {
        let deadline = Clock.monotonicMilliseconds() + UInt64(milliseconds)
        while rd_kafka_outq_len(client.handle) > 0, Clock.monotonicMilliseconds() < deadline {
            // Sends at once what lingers; the reports are the thread's.
            rd_kafka_flush(client.handle, KafkaProducer.flushMilliseconds)
        }
        retire()
        ended.wait(until: { $0 }) { _ in }
    }

    /// Makes this producer fail for good, as brokers can make it.
    func fail(_ reason: String) {
        rd_kafka_test_fatal_error(client.handle, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, reason)
    }

    // MARK: The thread

    private func run() {
        let queue = rd_kafka_queue_get_main(client.handle)
        while !isRetired.load(ordering: .acquiring) || rd_kafka_outq_len(client.handle) > 0 {
            guard let event = rd_kafka_queue_poll(queue, KafkaProducer.pollMilliseconds) else { continue }
            serve(event)
            rd_kafka_event_destroy(event)
        }
        rd_kafka_queue_destroy(queue)
        ended.withLock { $0 = true }
        ended.broadcast()
    }

    private func serve(_ event: OpaquePointer) {
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_DR:
            while let message = rd_kafka_event_message_next(event) { report(message.pointee) }
        case RD_KAFKA_EVENT_ERROR:
            let isFatal = rd_kafka_event_error_is_fatal(event) != 0
            failed(KafkaFailure(isFatal ? RD_KAFKA_RESP_ERR__FATAL : rd_kafka_event_error(event), words(event)))
        default: break
        }
    }

    private func report(_ message: rd_kafka_message_t) {
        guard let opaque = message._private else { return }
        let delivery = Unmanaged<Delivery>.fromOpaque(opaque).takeRetainedValue()
        guard message.err != RD_KAFKA_RESP_ERR_NO_ERROR else { return delivery.acknowledged() }
        guard let topic = topics.topic(message.rkt) else { preconditionFailure("a report of a foreign topic") }
        delivery.failed(
            topic, UnsafeRawBufferPointer(start: message.payload, count: message.len), KafkaFailure(message.err))
    }

    private func failed(_ failure: KafkaFailure) {
        if failure.nature == .fatal, !isRetired.load(ordering: .acquiring) {
            observer.fatal(self, failure.message)
        } else if failure.code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN.rawValue {
            observer.allBrokersDown(failure.message)
        }
    }

    private func words(_ event: OpaquePointer) -> String {
        rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
    }
}

/// The producer's topics, by `Topic`.
///
/// `@unchecked Sendable`: made once, then only read.
private final class ProducerTopics: @unchecked Sendable {
    /// Keeps the client: librdkafka wants topics gone before it.
    private let client: KafkaClient
    private var handles: [OpaquePointer] = []

    init(_ client: KafkaClient, _ options: KafkaOptions) throws(KafkaFailure) {
        self.client = client
        for topic in Topic.allCases {
            guard let handle = rd_kafka_topic_new(client.handle, options.name(topic), nil) else {
                throw KafkaFailure(rd_kafka_last_error())
            }
            handles.append(handle)
        }
    }

    deinit {
        for handle in handles { rd_kafka_topic_destroy(handle) }
    }

    func handle(_ topic: Topic) -> OpaquePointer { handles[Int(topic.rawValue)] }

    func topic(_ handle: OpaquePointer?) -> Topic? {
        guard let index = handles.firstIndex(where: { $0 == handle }) else { return nil }
        return Topic(rawValue: UInt8(index))
    }
}
