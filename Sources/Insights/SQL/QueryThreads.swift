import Platform

/// A few threads for statements, so that neither HTTP nor loading waits for them. Bounded: what does not fit is refused at
/// once.
package final class QueryThreads: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var closed = false
    }

    private let state = Condition(State())
    private let threads: [Thread]
    package static let waitingMax = 32

    /// `name`: what their names begin with.
    package init(_ name: String, count: Int) {
        let state = state
        threads = (0..<count).map { number in
            Thread("\(name) \(number)") {
                while true {
                    let job: (@Sendable () -> Void)? = state.wait(until: { !$0.jobs.isEmpty || $0.closed }) {
                        $0.jobs.isEmpty ? nil : $0.jobs.removeFirst()
                    }
                    guard let job else { return }
                    job()
                }
            }
        }
    }

    /// How many have not begun.
    package var waitingCount: Int { state.withLock { $0.jobs.count } }

    /// False when too many wait already.
    package func run(_ job: @escaping @Sendable () -> Void) -> Bool {
        let taken = state.withLock { state in
            guard state.jobs.count < QueryThreads.waitingMax, !state.closed else { return false }
            state.jobs.append(job)
            return true
        }
        if taken { state.signal() }
        return taken
    }

    /// Waits for what runs; what has not begun is dropped.
    package func close() {
        state.withLock {
            $0.closed = true
            $0.jobs.removeAll()
        }
        state.broadcast()
        for thread in threads { thread.join() }
    }
}
