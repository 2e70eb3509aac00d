import Events
import Platform

/// Events by what became of them. (Requests are counted by the server, commits by the log.)
struct IngestMetrics: Sendable {
    private let acceptedEvents: LabelledCounters
    private let rejectedEvents: LabelledCounters
    private static let unknownKind = EventKind.allCases.count

    init(_ registry: MetricsRegistry) {
        let kinds = EventKind.allCases.map(\.type)
        acceptedEvents = registry.counters(
            "cinelog_events_accepted_total", "Events queued for the log after all checks.", label: "kind",
            values: kinds)
        rejectedEvents = registry.counters(
            "cinelog_events_rejected_total", "Events refused by a check.", label: "kind", values: kinds + ["batch"])
    }

    func accepted(_ lines: EventLines) {
        for kind in EventKind.allCases where lines.count(kind) > 0 {
            acceptedEvents.add(lines.count(kind), at: Int(kind.rawValue))
        }
    }

    func rejected(_ error: ClientError, _ kind: EventKind?) {
        switch error {
        case .cannotStore, .tooManyEventsOf: return
        default: break
        }
        rejectedEvents.add(at: kind.map { Int($0.rawValue) } ?? IngestMetrics.unknownKind)
    }

    /// Events refused within batches.
    func rejected(_ count: Int) {
        if count > 0 { rejectedEvents.add(count, at: IngestMetrics.unknownKind) }
    }
}
