import EventLog
import Events
import Platform

/// An event log that does as a test says: stores at once, keeps its waiters waiting, or fails in one of the two ways.
final class ScriptedLog: EventLogWriter {
    enum Behaviour: Sendable {
        case durable
        /// Takes the lines and says nothing until `release`.
        case hold
        /// Takes the lines, and cannot store them.
        case fail(AppendError)
        /// Does not even take the lines.
        case refuse(AppendError)
    }

    private struct State {
        var behaviour: Behaviour
        var waiters: [any AppendWaiter] = []
        var lines: [String] = []
        var reason: String?
        var roomTaken = 0.0
    }

    private let state: Condition<State>

    init(_ behaviour: Behaviour = .durable) { state = Condition(State(behaviour: behaviour)) }

    func append(_ lines: EventLines, waiter: any AppendWaiter) throws(AppendError) {
        let behaviour = try state.withLock { state throws(AppendError) in
            if case .refuse(let error) = state.behaviour { throw error }
            for topic in Topic.allCases where lines.count(topic) > 0 {
                let text = lines.buffer(topic).string
                state.lines += text.split(separator: "\n").map { "\(topic.name) \($0)" }
            }
            if case .hold = state.behaviour { state.waiters.append(waiter) }
            return state.behaviour
        }
        state.broadcast()
        switch behaviour {
        case .durable: waiter.appended(.durable)
        case .fail(let error): waiter.appended(.failed(error))
        case .hold, .refuse: break
        }
    }

    var unavailableReason: String? { state.withLock { $0.reason } }
    var roomTaken: Double { state.withLock { $0.roomTaken } }
    func close() {}

    // MARK: The test's side

    func become(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }
    func become(full roomTaken: Double) { state.withLock { $0.roomTaken = roomTaken } }
    func becomeUnavailable(_ reason: String?) { state.withLock { $0.reason = reason } }

    /// "topic line" of everything taken.
    var lines: [String] { state.withLock { $0.lines } }

    /// Waits until so many appends wait.
    func awaitWaiters(_ count: Int) -> Bool {
        state.wait(atMost: 20_000, until: { $0.waiters.count >= count }) { $0.waiters.count >= count }
    }

    func release(_ outcome: AppendOutcome = .durable) {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.appended(outcome) }
    }
}
