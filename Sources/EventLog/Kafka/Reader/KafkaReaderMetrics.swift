internal import Events
internal import Platform
internal import Synchronization

/// What the reading side tells about itself on `/metrics`. What waits to be loaded is the Loader's to tell.
enum KafkaReaderMetrics {
    static func register(_ registry: MetricsRegistry, _ consumers: [TopicConsumer]) {
        let consumers = consumers.map { Member(consumer: $0) }
        registry.gauge("cinelog_kafka_partitions", "Partitions that this process reads.") {
            series(consumers) { Double($0.assigned.load(ordering: .relaxed)) }
        }
        registry.total("cinelog_kafka_rebalances_total", "Partitions came or went.") {
            series(consumers) { Double($0.rebalances.load(ordering: .relaxed)) }
        }
        registry.total("cinelog_kafka_errors_total", "Errors that the consumers told.") {
            series(consumers) { Double($0.failures.load(ordering: .relaxed)) }
        }
    }

    private struct Member: Sendable {
        weak let consumer: TopicConsumer?
    }

    private static func series(_ members: [Member], _ value: (TopicConsumer) -> Double) -> [(
        labels: String, value: Double
    )] {
        members.compactMap { member in
            member.consumer.map { (labels: "topic=\"\($0.topic.name)\"", value: value($0)) }
        }
    }
}
