internal import Events
internal import Platform

/// What the writing side tells about itself on `/metrics`.
struct KafkaWriterMetrics: Sendable {
    private static let topics = Topic.allCases.map(\.name)

    let events: LabelledCounters
    let deliveryTime: Histogram
    let spooled: LabelledCounters
    let shipped: LabelledCounters
    let producers: Counter
    let full: Counter

    init(_ registry: MetricsRegistry) {
        events = registry.counters(
            "cinelog_log_events_total", "Events made durable.", label: "topic", values: KafkaWriterMetrics.topics)
        deliveryTime = registry.histogram(
            "cinelog_kafka_delivery_seconds", "Time until brokers acknowledged an append, or did not.")
        spooled = registry.counters(
            "cinelog_kafka_spooled_events_total", "Events that went to the spool.", label: "topic",
            values: KafkaWriterMetrics.topics)
        shipped = registry.counters(
            "cinelog_kafka_shipped_events_total", "Events that went from the spool to the brokers.", label: "topic",
            values: KafkaWriterMetrics.topics)
        producers = registry.counter(
            "cinelog_kafka_producers_total", "Producers made: the first, and one after each that failed for good.")
        full = registry.counter("cinelog_log_full_total", "Appends refused or failed because there was no room.")
    }

    func count(_ counts: [Int], in counters: LabelledCounters) {
        for (index, count) in counts.enumerated() where count > 0 { counters.add(count, at: index) }
    }
}
