public import EventLog
public import Events
import Platform
import Synchronization

/// What the Loader tells of itself. The backlog is as it was at the last look at the log.
public final class LoaderMetrics: Sendable {
    private static let topics = Topic.allCases.map(\.name)
    private let backlogs = Mutex<[Topic: Backlog]>([:])
    let loaded: LabelledCounters
    let quarantined: LabelledCounters
    let lost: LabelledCounters
    let retries: Counter
    let inserts: Histogram

    init(_ registry: MetricsRegistry) {
        loaded = registry.counters(
            "cinelog_loaded_events_total", "Events inserted into the warehouse and committed.", label: "topic",
            values: LoaderMetrics.topics)
        quarantined = registry.counters(
            "cinelog_quarantined_events_total", "Events that the warehouse refused for their content.",
            label: "topic", values: LoaderMetrics.topics)
        lost = registry.counters(
            "cinelog_lost_events_total", "Events that were accepted and that the log lost before they were loaded.",
            label: "topic", values: LoaderMetrics.topics)
        retries = registry.counter("cinelog_load_retries_total", "Inserts and reads tried again after a failure.")
        inserts = registry.histogram("cinelog_insert_seconds", "Duration of inserts into the warehouse.")
        gauge(registry, "cinelog_backlog_events", "Events in the log that are not loaded yet.") { Double($0.events) }
        gauge(registry, "cinelog_backlog_bytes", "Bytes in the log that are not loaded yet.") { Double($0.bytes) }
        gauge(registry, "cinelog_backlog_oldest_seconds", "Age of the oldest event that is not loaded yet.") {
            Double($0.oldestAgeMilliseconds) / 1000
        }
    }

    /// What waits, by topic; one whose log could not be read yet is missing.
    public var backlog: [Topic: Backlog] { backlogs.withLock { $0 } }

    func set(_ backlog: Backlog, _ topic: Topic) { backlogs.withLock { $0[topic] = backlog } }

    private func gauge(
        _ registry: MetricsRegistry, _ name: String, _ help: String, _ value: @escaping @Sendable (Backlog) -> Double
    ) {
        registry.gauge(name, help) { [weak self] in
            let backlog = self?.backlog ?? [:]
            return Topic.allCases.compactMap { topic in
                backlog[topic].map { (labels: "topic=\"\(topic.name)\"", value: value($0)) }
            }
        }
    }
}
