internal import Events
internal import Platform

/// What waits in the spool, by topic.
enum SpoolMetrics {
    static func register(_ registry: MetricsRegistry, _ spool: SQLiteLogReader) {
        gauge(registry, spool, "cinelog_kafka_spool_events", "Events in the spool that brokers do not have yet.") {
            Double($0.events)
        }
        gauge(registry, spool, "cinelog_kafka_spool_bytes", "Bytes in the spool that brokers do not have yet.") {
            Double($0.bytes)
        }
        gauge(registry, spool, "cinelog_kafka_spool_oldest_seconds", "Age of the oldest event in the spool.") {
            Double($0.oldestAgeMilliseconds) / 1000
        }
    }

    private static func gauge(
        _ registry: MetricsRegistry, _ spool: SQLiteLogReader, _ name: String, _ help: String,
        _ value: @escaping @Sendable (Backlog) -> Double
    ) {
        registry.gauge(name, help) { [weak spool] in
            guard let spool else { return [] }
            return Topic.allCases.compactMap { topic in
                guard let backlog = try? spool.backlog(TopicPartition(topic)) else { return nil }
                return (labels: "topic=\"\(topic.name)\"", value: value(backlog))
            }
        }
    }
}
