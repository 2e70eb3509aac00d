import Synchronization
public import Testing

/// What some suites share and few may have at once: those wait for their turn, and then run on a thread that belongs to it.
///
/// Tests run on Swift's pool of as many threads as there are cores, and these tests mostly wait: for processes, brokers, clocks. On
/// threads of their own they do so beside the others. Waiting for a turn holds no thread.
public final class Turn: Sendable {
    /// The embedded warehouse: a process holds one at a time.
    public static let engine = Turn(1)
    /// Processes and browsers: more at once would starve each other.
    public static let processes = Turn(2)
    /// Brokers for one suite.
    public static let brokers = Turn(1)

    private struct State {
        var free: [ThreadExecutor]
        var waiting: [CheckedContinuation<ThreadExecutor, Never>] = []
    }

    private let state: Mutex<State>

    private init(_ count: Int) { state = Mutex(State(free: (0..<count).map { ThreadExecutor("turn \($0)") })) }

    /// Waits for a turn and keeps it while `body` runs.
    public func run(_ body: () async throws -> Void) async rethrows {
        let executor = await take()
        defer { give(executor) }
        try await withTaskExecutorPreference(executor) { try await body() }
    }

    private func take() async -> ThreadExecutor {
        await withCheckedContinuation { continuation in
            let executor = state.withLock { state in
                guard let executor = state.free.popLast() else {
                    state.waiting.append(continuation)
                    return nil as ThreadExecutor?
                }
                return executor
            }
            if let executor { continuation.resume(returning: executor) }
        }
    }

    private func give(_ executor: ThreadExecutor) {
        let next = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.free.append(executor)
                return nil as CheckedContinuation<ThreadExecutor, Never>?
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: executor)
    }
}

/// `@Suite(.turn(.processes))`: the suite, as a whole, runs when it is its turn.
public struct TurnTrait: SuiteTrait, TestScoping {
    let turn: Turn

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await turn.run { try await function() }
    }
}

extension SuiteTrait where Self == TurnTrait {
    public static func turn(_ turn: Turn) -> TurnTrait { TurnTrait(turn: turn) }
}
