import Events
import Platform
import Warehouse

/// Takes copies of events out of the tables in the background, so that questions need not read with FINAL
/// (docs/decisions/0014-viewers-and-copies.md). At most a tenth of a core's time, whatever comes.
final class CopyRemoval: Sendable {
    private static let restMilliseconds = 10_000
    /// The rest after a search, in times of how long it took.
    private static let restFactor: UInt64 = 9

    private let warehouse: any Warehouse
    private let logger: Logger
    private let isStopped = Condition(false)

    /// Begins at once.
    init(_ warehouse: any Warehouse, _ metrics: MetricsRegistry, _ logger: Logger) {
        self.warehouse = warehouse
        self.logger = logger
        metrics.gauge(
            "cinelog_copies_possible",
            "1 where events of a kind may be stored more than once somewhere, so that questions read them with FINAL"
        ) {
            let copies = warehouse.copies
            return EventKind.allCases.map {
                (labels: "kind=\"\($0.type)\"", value: copies.slices($0).isEmpty ? 0 : 1)
            }
        }
        _ = Thread("copies") { [self] in
            while !isStopped.wait(atMost: round(), until: { $0 }, then: { $0 }) {}
        }
    }

    /// What is under way ends with the warehouse.
    func stop() {
        isStopped.withLock { $0 = true }
        isStopped.broadcast()
    }

    /// Answers how many milliseconds to rest.
    private func round() -> Int {
        let start = Clock.monotonicMilliseconds()
        for kind in EventKind.allCases where !isStopped.withLock({ $0 }) {
            do {
                try warehouse.removeCopies(of: kind)
            } catch {
                if !isStopped.withLock({ $0 }) {
                    logger.warning("copies of events stay for now", ["kind": kind.type, "reason": "\(error)"])
                }
            }
        }
        let taken = Clock.monotonicMilliseconds() - start
        return max(CopyRemoval.restMilliseconds, Int(taken * CopyRemoval.restFactor))
    }
}
