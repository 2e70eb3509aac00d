public import Events
import Synchronization

/// What clients sent and what was acknowledged: the one side of the balance.
public final class Deliveries: Sendable {
    /// Of one phase and kind.
    public struct Part: Sendable {
        public var sent: Set<UUID> = []
        public var acknowledged: Set<UUID> = []
    }

    public struct Place: Hashable, Sendable {
        public let kind: EventKind
        public let phase: Int
    }

    private struct State {
        var parts: [Place: Part] = [:]
        var attempts: [EventKind: Int] = [:]
        var acknowledgements: [EventKind: Int] = [:]
        var surprises: [String] = []
    }

    private let state: Mutex<State>

    public init() { state = Mutex(State()) }

    /// With the deliveries that another run began from.
    public init(after other: Deliveries) { state = Mutex(other.state.withLock { $0 }) }

    /// About to be sent; perhaps not for the first time.
    public func sending(_ events: [SentEvent]) {
        state.withLock { state in
            for event in events {
                state.parts[Place(kind: event.kind, phase: event.phase), default: Part()].sent.insert(event.identifier)
                state.attempts[event.kind, default: 0] += 1
            }
        }
    }

    public func acknowledged(_ events: [SentEvent]) {
        state.withLock { state in
            for event in events {
                state.parts[Place(kind: event.kind, phase: event.phase), default: Part()].acknowledged
                    .insert(event.identifier)
                state.acknowledgements[event.kind, default: 0] += 1
            }
        }
    }

    /// An answer that should never have come.
    public func surprised(_ words: String) {
        state.withLock { state in
            if state.surprises.count < 100 { state.surprises.append(words) }
        }
    }

    public var surprises: [String] { state.withLock { $0.surprises } }
    public var phases: [Int] { state.withLock { Set($0.parts.keys.map(\.phase)).sorted() } }

    public func part(_ kind: EventKind, _ phase: Int) -> Part {
        state.withLock { $0.parts[Place(kind: kind, phase: phase)] ?? Part() }
    }

    /// How often an event of the kind was sent, and how often one was acknowledged; retries count each time.
    public func lines(_ kind: EventKind) -> (acknowledged: Int, attempted: Int) {
        state.withLock { ($0.acknowledgements[kind] ?? 0, $0.attempts[kind] ?? 0) }
    }

    public var sentCount: Int { state.withLock { $0.parts.values.reduce(0) { $0 + $1.sent.count } } }
    public var acknowledgedCount: Int { state.withLock { $0.parts.values.reduce(0) { $0 + $1.acknowledged.count } } }
}
