internal import Events
internal import Platform

/// What the log tells about itself on `/metrics`.
struct LogMetrics: Sendable {
    private static let commitBuckets: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
    ]

    let commits: Counter
    let commitTime: Histogram
    let events: LabelledCounters
    let full: Counter
    private let damage: Counter
    private let lostEvents: Counter

    init(_ registry: MetricsRegistry, _ queue: AppendQueue) {
        commits = registry.counter("cinelog_log_commits_total", "Transactions that made events durable.")
        commitTime = registry.histogram(
            "cinelog_log_commit_seconds", "Time of such a transaction, sync included.",
            buckets: LogMetrics.commitBuckets)
        events = registry.counters(
            "cinelog_log_events_total", "Events made durable.", label: "topic", values: Topic.allCases.map(\.name))
        full = registry.counter("cinelog_log_full_total", "Appends refused or failed because there was no room.")
        damage = registry.counter("cinelog_log_damage_total", "Damaged logs that were salvaged.")
        lostEvents = registry.counter(
            "cinelog_log_lost_events_total", "Events that a damaged log is known to have lost.")
        registry.gauge("cinelog_log_bytes", "Bytes that the log holds on disk, WAL included.") { [weak queue] in
            queue.map { [("", Double($0.usage.databaseBytes + $0.usage.walBytes))] } ?? []
        }
        registry.gauge("cinelog_log_wal_bytes", "Bytes in the log's WAL.") { [weak queue] in
            queue.map { [("", Double($0.usage.walBytes))] } ?? []
        }
        registry.gauge("cinelog_log_queue_bytes", "Bytes that wait for their commit.") { [weak queue] in
            queue.map { [("", Double($0.queueBytes))] } ?? []
        }
    }

    func salvaged(_ report: DamageReport) {
        damage.add()
        lostEvents.add(Int(report.lostEvents))
    }

    func committed(_ batch: PendingLines, nanoseconds: UInt64) {
        commits.add()
        commitTime.observe(nanoseconds: nanoseconds)
        for topic in Topic.allCases { events.add(batch.count(topic), at: Int(topic.rawValue)) }
    }
}
