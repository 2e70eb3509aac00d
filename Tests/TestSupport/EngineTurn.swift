import Synchronization

/// Whose turn it is to hold the embedded warehouse: a process holds one at a time, and the tests of all targets run in one
/// process, side by side. Suites that open it wait for their turn, without holding a thread:
///
///     struct EngineTrait: SuiteTrait, TestScoping {
///         func provideScope(…) async throws { try await EngineTurn.shared.run(function) }
///     }
public final class EngineTurn: Sendable {
    public static let shared = EngineTurn()

    private struct State {
        var taken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Waits for the turn and keeps it while `body` runs.
    public func run(_ body: () async throws -> Void) async rethrows {
        await take()
        defer { pass() }
        try await body()
    }

    private func take() async {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                guard state.taken else {
                    state.taken = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if now { continuation.resume() }
        }
    }

    private func pass() {
        let next = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.taken = false
                return nil as CheckedContinuation<Void, Never>?
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
