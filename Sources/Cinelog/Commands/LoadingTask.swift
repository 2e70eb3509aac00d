import Loader
import Platform

/// Loading in the background, from the moment that this is made until `stop`.
final class LoadingTask: Sendable {
    private let task: Task<Void, Never>
    private let isDone: Condition<Bool>

    init(_ loader: Loader) {
        let isDone = Condition(false)
        self.isDone = isDone
        task = Task {
            await loader.run()
            isDone.withLock { $0 = true }
            isDone.broadcast()
        }
    }

    /// Tells it to stop after what is under way.
    func cancel() { task.cancel() }

    /// Waits for its end after `cancel`.
    func join(waitingAtMost milliseconds: Int) { isDone.wait(atMost: milliseconds, until: { $0 }, then: { _ in }) }
}
