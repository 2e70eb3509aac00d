/// A task executor with a thread of its own: tasks on it may call blocking C functions.
///
///     await withTaskExecutorPreference(ThreadExecutor("load clicks")) { … }
public final class ThreadExecutor: TaskExecutor {
    private struct Queue {
        var jobs: [UnownedJob] = []
        var closed = false
    }

    private let queue: Condition<Queue>
    private let thread: Thread

    public init(_ name: String) {
        let queue = Condition(Queue())
        self.queue = queue
        // The thread holds the queue, not the executor: jobs run "on" it through a fresh unowned reference.
        let owner = Owner()
        self.thread = Thread(name) { ThreadExecutor.run(queue, owner) }
        owner.set(self)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.withLock { $0.jobs.append(job) }
        queue.signal()
    }

    /// Lets the thread end once its queue is empty. No task may be started on the executor afterwards.
    public func close() {
        queue.withLock { $0.closed = true }
        queue.signal()
        thread.join()
    }

    private static func run(_ queue: Condition<Queue>, _ owner: Owner) {
        while true {
            let jobs: [UnownedJob]? = queue.wait(until: { !$0.jobs.isEmpty || $0.closed }) { state in
                guard !state.jobs.isEmpty else { return nil }
                defer { state.jobs.removeAll(keepingCapacity: true) }
                return state.jobs
            }
            guard let jobs else { return }
            for job in jobs { job.runSynchronously(on: owner.executor.asUnownedTaskExecutor()) }
        }
    }

    /// `@unchecked Sendable`: set once, in `init`, before any job can be enqueued.
    private final class Owner: @unchecked Sendable {
        private weak var value: ThreadExecutor?
        var executor: ThreadExecutor { value! }
        func set(_ executor: ThreadExecutor) { value = executor }
    }
}
