import Platform

/// Holds loading between two plans while something looks at log and tables together: a backup, an audit. Collecting goes
/// on; what comes in waits in the log.
public final class LoadingHold: Sendable {
    private struct State {
        /// Topics that carry a plan just now.
        var carrying = 0
        /// Those who want loading to stand still.
        var holders = 0
    }

    private let state = Condition(State())

    public init() {}

    /// Runs `body` while no topic carries a plan. False, without running it: a plan did not end in time.
    public func hold(waitingAtMost milliseconds: Int, _ body: () throws -> Void) rethrows -> Bool {
        state.withLock { $0.holders += 1 }
        defer { state.withLock { $0.holders -= 1 } }
        let stands = state.wait(atMost: milliseconds, until: { $0.carrying == 0 }) { $0.carrying == 0 }
        guard stands else { return false }
        try body()
        return true
    }

    /// Asked by a topic before it carries a plan: false while loading is held. Otherwise `end` follows.
    func begin() -> Bool {
        state.withLock { state in
            guard state.holders == 0 else { return false }
            state.carrying += 1
            return true
        }
    }

    func end() {
        state.withLock { $0.carrying -= 1 }
        state.broadcast()
    }
}
