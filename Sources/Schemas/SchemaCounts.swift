public import Events
import Synchronization

/// What came of one schema's checks.
public final class SchemaCounts: Sendable {
    private let state = Mutex(State())

    private struct State {
        var fitting = 0
        var failed = 0
        var lastFault: EventError?
        var lastFaultAt: Timestamp?
    }

    public struct Reading: Sendable {
        public let fitting: Int
        public let failed: Int
        public let lastFault: EventError?
        public let lastFaultAt: Timestamp?
    }

    public var reading: Reading {
        state.withLock {
            Reading(fitting: $0.fitting, failed: $0.failed, lastFault: $0.lastFault, lastFaultAt: $0.lastFaultAt)
        }
    }

    func add(_ faults: [EventError], at time: Timestamp) {
        state.withLock {
            guard let first = faults.first else { return $0.fitting += 1 }
            $0.failed += 1
            $0.lastFault = first
            $0.lastFaultAt = time
        }
    }
}
