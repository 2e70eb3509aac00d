import Platform

/// Runs a task's jobs on one thread, which may be blocked. Lives as long as the process.
final class ThreadExecutor: TaskExecutor {
    private let jobs = Condition<[UnownedJob]>([])

    init(_ name: String) {
        _ = Thread(name) { [self] in
            while true {
                let job = jobs.wait(until: { !$0.isEmpty }) { $0.removeFirst() }
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        jobs.signal()
    }
}
