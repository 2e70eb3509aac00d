public import Events
public import Platform
internal import Synchronization

/// The writing side of the Kafka log. An append is durable when brokers have acknowledged all its lines, with acks=all.
///
/// Where they do not in time, its lines go to a SQLite log of this process's own, the spool, and are durable there; the
/// `Shipper` sends them on when brokers are back. While brokers are known to be away, appends go to the spool at once. So an
/// outage of Kafka costs no event and no 201 until the spool is full. What brokers had stored without saying so comes twice then, with the
/// same event_id.
public final class KafkaLogWriter: EventLogWriter, ScrubbableLog {
    /// What closing gives back.
    private struct Running {
        let topics: TopicWatch
        let shipper: Shipper
        let shipping: Thread
        let spoolReader: SQLiteLogReader
    }

    private static let topicsMilliseconds = 3000

    private let options: KafkaOptions
    private let route: BrokerRoute
    private let spool: SQLiteLogWriter
    private let metrics: KafkaWriterMetrics
    private let logger: Logger
    private let bytesUnderWay = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)
    private let running: Condition<Running?>

    /// Opens the spool and begins to look for brokers and topics, for which it waits a few seconds, but need not be there.
    ///
    /// - Parameter spool: the spool's folder and bounds.
    public init(
        _ options: KafkaOptions, spool spoolOptions: SQLiteLogOptions, metrics registry: MetricsRegistry, logger: Logger
    )
        throws(LogOpenError)
    {
        self.options = options
        self.logger = logger
        // The spool's own figures would read as the log's.
        spool = try SQLiteLogWriter(spoolOptions, metrics: MetricsRegistry(), logger: logger)
        metrics = KafkaWriterMetrics(registry)
        route = BrokerRoute(detour: "the topics have not been found yet", logger: logger)
        running = Condition(nil)
        let spoolReader = try SQLiteLogReader(directory: spoolOptions.directory)
        let topics: TopicWatch
        do throws(KafkaTopicsError) {
            topics = try TopicWatch(options, logger: logger)
        } catch {
            throw LogOpenError("Kafka: \(error.description)")
        }
        let shipper = Shipper(spoolReader, route, topics, metrics, logger: logger) { [weak self] in self?.renew(nil) }
        topics.start()
        // A producer's interest in a topic alone can make brokers create it, as they like it: no producer before.
        if topics.wait(atMost: KafkaLogWriter.topicsMilliseconds) {
            renew(nil)
            route.reopen()
        }
        let shipping = Thread("kafka shipper") { shipper.run() }
        running.withLock {
            $0 = Running(topics: topics, shipper: shipper, shipping: shipping, spoolReader: spoolReader)
        }
        measure(registry, spoolReader)
    }

    deinit { close() }

    public func append(_ lines: EventLines, waiter: any AppendWaiter) throws(AppendError) {
        guard !isClosed.load(ordering: .acquiring) else { throw .unavailable("the log is shutting down") }
        guard let producer = route.open else { return try spool(lines, waiter) }
        let bytes = lines.totalBytes
        guard bytesUnderWay.wrappingAdd(bytes, ordering: .relaxed).newValue <= options.queueBytesMax else {
            bytesUnderWay.wrappingSubtract(bytes, ordering: .relaxed)
            throw .overloaded
        }
        producer.send(lines, Delivery(lines) { self.delivered($0, $1, waiter) })
    }

    public var unavailableReason: String? {
        if isClosed.load(ordering: .acquiring) { return "the log is shutting down" }
        return route.open == nil ? spool.unavailableReason : nil
    }

    /// The queue's, or the spool's: what goes on its way to the brokers may end there.
    public var roomTaken: Double {
        let underWay = Double(bytesUnderWay.load(ordering: .relaxed)) / Double(max(1, options.queueBytesMax))
        return min(1, max(underWay, spool.roomTaken))
    }

    public func close() {
        isClosed.store(true, ordering: .releasing)
        let running = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let running else { return }
        running.topics.stop()
        running.shipper.stop()
        // What brokers do not acknowledge within this goes to the spool, which is closed last.
        if let producer = route.producer, route.replace(producer, by: nil) {
            producer.close(milliseconds: options.acknowledgeMilliseconds + 1000)
        }
        running.shipping.join()
        running.spoolReader.close()
        spool.close()
    }

    /// The spool's files, once all that is in them is sent. What brokers hold goes by their retention.
    public func scrub(waitingAtMost milliseconds: Int) -> ScrubOutcome {
        do throws(ReadError) {
            let unsent = try unsentEvents()
            guard unsent == 0 else { return .later("\(unsent) events in the spool wait to be sent to Kafka") }
        } catch {
            return .later("the spool cannot be read: \(error)")
        }
        return spool.scrub(waitingAtMost: milliseconds)
    }

    private func unsentEvents() throws(ReadError) -> Int64 {
        guard let spoolReader = running.withLock({ $0?.spoolReader }) else { return 0 }
        var events: Int64 = 0
        for topic in Topic.allCases { events += try spoolReader.backlog(TopicPartition(topic)).events }
        return events
    }

    // MARK: Deliveries

    /// On the producer's thread, or the caller's where nothing could be sent.
    private func delivered(_ delivery: Delivery, _ result: Delivery.Result, _ waiter: any AppendWaiter) {
        bytesUnderWay.wrappingSubtract(delivery.bytes, ordering: .relaxed)
        metrics.deliveryTime.observe(nanoseconds: Clock.monotonicNanoseconds() - delivery.startedAt)
        if let refusal = result.refusal {
            return waiter.appended(.failed(.unavailable("Kafka takes no such message: \(refusal.message)")))
        }
        guard let lines = result.unacknowledged else {
            metrics.count(delivery.counts, in: metrics.events)
            return waiter.appended(.durable)
        }
        route.close(result.failure?.message ?? "")
        do throws(AppendError) {
            try spool(lines, waiter)
        } catch {
            waiter.appended(.failed(error))
        }
    }

    private func spool(_ lines: EventLines, _ waiter: any AppendWaiter) throws(AppendError) {
        do throws(AppendError) {
            try spool.append(lines, waiter: Spooled(lines.counts, waiter, self))
        } catch {
            if error == .full { metrics.full.add() }
            throw error
        }
    }

    /// Counts what the spool has made durable, and wakes the shipper.
    private final class Spooled: AppendWaiter {
        private let counts: [Int]
        private let waiter: any AppendWaiter
        private let writer: KafkaLogWriter

        init(_ counts: [Int], _ waiter: any AppendWaiter, _ writer: KafkaLogWriter) {
            self.counts = counts
            self.waiter = waiter
            self.writer = writer
        }

        func appended(_ outcome: AppendOutcome) {
            if case .durable = outcome {
                writer.metrics.count(counts, in: writer.metrics.events)
                writer.metrics.count(counts, in: writer.metrics.spooled)
            }
            waiter.appended(outcome)
        }
    }

    // MARK: Producers

    /// A new producer in the place of `old`, whose messages under way fail and go to the spool.
    private func renew(_ old: KafkaProducer?) {
        let observer = KafkaProducer.Observer(
            allBrokersDown: { [weak self] in self?.route.close($0) },
            fatal: { [weak self] producer, reason in
                self?.logger.warning("the producer failed for good: making another", ["reason": reason])
                self?.renew(producer)
                producer.retire()
            })
        do throws(KafkaFailure) {
            guard !isClosed.load(ordering: .acquiring) else { return }
            let new = try KafkaProducer(options, logger: logger, observer: observer)
            guard route.replace(old, by: new) else { return new.retire() }
            metrics.producers.add()
        } catch {
            _ = route.replace(old, by: nil)
            route.close(error.message)
        }
    }

    /// Makes the producer fail for good, as brokers can make it.
    package func failProducer(_ reason: String) { route.producer?.fail(reason) }

    // MARK: Metrics

    private func measure(_ registry: MetricsRegistry, _ spool: SQLiteLogReader) {
        registry.gauge("cinelog_log_queue_bytes", "Bytes that wait for brokers' acknowledgement.") { [weak self] in
            self.map { [("", Double($0.bytesUnderWay.load(ordering: .relaxed)))] } ?? []
        }
        registry.gauge("cinelog_kafka_detour", "1: events go to the spool; 0: to the brokers.") { [weak self] in
            self.map { [("", $0.route.detour == nil ? 0 : 1)] } ?? []
        }
        SpoolMetrics.register(registry, spool)
    }
}
