internal import CRDKafka
internal import Platform
internal import Synchronization

/// One librdkafka client: owns the `rd_kafka_t`. What hangs on it (queues, topics, messages) keeps it alive, as librdkafka
/// wants them gone before it.
///
/// `@unchecked Sendable`: "librdkafka is fully thread-safe" (its introduction); the pointer never changes.
final class KafkaClient: @unchecked Sendable {
    let handle: OpaquePointer
    /// What callbacks find behind the client's opaque pointer.
    private let context: KafkaContext
    private let mayBeDestroyed: Atomic<Bool>

    /// - Parameter configure: what this client needs beyond what all have.
    init(
        _ type: rd_kafka_type_t, _ options: KafkaOptions, _ context: KafkaContext,
        configure: (KafkaConfiguration) throws(KafkaFailure) -> Void = { _ in }
    ) throws(KafkaFailure) {
        self.context = context
        mayBeDestroyed = Atomic(true)
        let configuration = KafkaConfiguration()
        try configuration.setCommon(options)
        try configure(configuration)
        handle = try configuration.makeClient(type, context)
    }

    deinit {
        guard mayBeDestroyed.load(ordering: .acquiring) else {
            // Left as it is, with what its threads may still call.
            _ = Unmanaged.passRetained(context)
            return
        }
        rd_kafka_destroy_flags(handle, Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE))
    }

    /// The consumer is about to join its group. From here to its first assignment it must not be destroyed: with the
    /// cooperative-sticky assignor librdkafka before 2.3 aborts the whole process then
    /// (`rd_kafka_sticky_assignor_state_destroy: Assertion`). Such a one is closed only.
    func joins() { mayBeDestroyed.store(false, ordering: .releasing) }

    /// The group has given this consumer its first assignment.
    func wasAssigned() { mayBeDestroyed.store(true, ordering: .releasing) }

    /// The cluster's identifier, as brokers tell it.
    func clusterID(timeoutMilliseconds: Int32) throws(KafkaFailure) -> String {
        guard let text = rd_kafka_clusterid(handle, timeoutMilliseconds) else {
            throw .away("no broker has told the cluster's id within \(timeoutMilliseconds) ms")
        }
        defer { rd_kafka_mem_free(handle, text) }
        return String(cString: text)
    }

    /// Whether a broker answers.
    func isAnswered(timeoutMilliseconds: Int32) -> Bool {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        guard rd_kafka_metadata(handle, 0, nil, &metadata, timeoutMilliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            return false
        }
        rd_kafka_metadata_destroy(metadata)
        return true
    }
}

/// What librdkafka's callbacks are to reach.
final class KafkaContext: Sendable {
    /// Partitions come (true) or go (false), on the thread that polls the consumer.
    typealias Rebalance = @Sendable (OpaquePointer, Bool, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Void

    fileprivate let logger: Logger
    fileprivate let rebalance: Rebalance?

    init(_ logger: Logger, rebalance: Rebalance? = nil) {
        self.logger = logger
        self.rebalance = rebalance
    }

    fileprivate static func of(_ opaque: UnsafeMutableRawPointer?) -> KafkaContext? {
        opaque.map { Unmanaged.fromOpaque($0).takeUnretainedValue() }
    }

    /// librdkafka's own words, at its syslog level. What is an error to it (a broker out of reach) it tries again, so that none
    /// of it is more than a warning to us.
    fileprivate func log(_ level: Int32, _ facility: String, _ text: String) {
        switch level {
        case ...4: logger.warning("librdkafka", ["what": facility, "text": text])
        case 5, 6: logger.info("librdkafka", ["what": facility, "text": text])
        default: logger.debug("librdkafka", ["what": facility, "text": text])
        }
    }
}

/// An `rd_kafka_conf_t`, until a client takes it over.
final class KafkaConfiguration {
    private static let textBytesMax = 512
    private var handle: OpaquePointer? = rd_kafka_conf_new()

    deinit {
        if let handle { rd_kafka_conf_destroy(handle) }
    }

    func set(_ name: String, _ value: String) throws(KafkaFailure) {
        var text = [CChar](repeating: 0, count: KafkaConfiguration.textBytesMax)
        let result = rd_kafka_conf_set(handle, name, value, &text, text.count)
        guard result == RD_KAFKA_CONF_OK else { throw KafkaFailure(RD_KAFKA_RESP_ERR__INVALID_ARG, words(text)) }
    }

    func set(_ name: String, _ value: Int) throws(KafkaFailure) { try set(name, "\(value)") }

    /// What comes as events on the client's main queue, instead of by callbacks.
    func setEvents(_ events: Int32) { rd_kafka_conf_set_events(handle, events) }

    fileprivate func setCommon(_ options: KafkaOptions) throws(KafkaFailure) {
        try set("bootstrap.servers", options.brokers)
        try set("client.id", "cinelog")
        for (name, value) in options.connection { try set(name, value) }
        // Back within a second when brokers are.
        try set("reconnect.backoff.ms", 50)
        try set("reconnect.backoff.max.ms", 1000)
        // New topics and partitions are noticed soon.
        try set("topic.metadata.refresh.interval.ms", 10_000)
    }

    fileprivate func makeClient(_ type: rd_kafka_type_t, _ context: KafkaContext) throws(KafkaFailure) -> OpaquePointer
    {
        setCallbacks(context)
        var text = [CChar](repeating: 0, count: KafkaConfiguration.textBytesMax)
        guard let client = rd_kafka_new(type, handle, &text, text.count) else {
            throw KafkaFailure(rd_kafka_last_error(), words(text))
        }
        // rd_kafka_new owns it now; where it fails it does not.
        handle = nil
        if type == RD_KAFKA_CONSUMER { rd_kafka_poll_set_consumer(client) }
        return client
    }

    /// The context must live as long as the client.
    private func setCallbacks(_ context: KafkaContext) {
        rd_kafka_conf_set_opaque(handle, Unmanaged.passUnretained(context).toOpaque())
        rd_kafka_conf_set_log_cb(handle) { client, level, facility, text in
            guard let client, let facility, let text, let context = KafkaContext.of(rd_kafka_opaque(client)) else {
                return
            }
            context.log(level, String(cString: facility), String(cString: text))
        }
        guard context.rebalance != nil else { return }
        rd_kafka_conf_set_rebalance_cb(handle) { client, code, partitions, opaque in
            guard let client, let partitions, let rebalance = KafkaContext.of(opaque)?.rebalance else { return }
            rebalance(client, code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, partitions)
        }
    }

    private func words(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
