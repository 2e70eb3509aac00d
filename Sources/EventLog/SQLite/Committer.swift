internal import Platform

/// The writer's thread: commits all that waits, at once, and does between commits what only the writer may do.
///
/// `@unchecked Sendable`: all its state belongs to the thread that runs it.
final class Committer: @unchecked Sendable {
    /// While commits follow each other, one step of trimming comes after so many of them, or so many bytes.
    private static let commitsPerTrim = 16
    private static let bytesPerTrim = 1 << 20

    private let store: LogStore
    private let queue: AppendQueue
    private let upkeep: Upkeep
    private let options: SQLiteLogOptions
    private let scrubber: Scrubber
    private let metrics: LogMetrics
    private let logger: Logger

    private var trimBelow: [Int64] = []
    private var mayTrim = false
    private var commitsSinceTrim = 0
    private var bytesSinceTrim = 0
    private var walBytesAtPoke: Int64 = 0
    /// Size of the last batch that found no room; 0 when one has been committed since.
    private var bytesLackingRoom = 0

    init(
        _ store: LogStore, _ options: SQLiteLogOptions, queue: AppendQueue, upkeep: Upkeep, metrics: LogMetrics,
        logger: Logger
    ) {
        self.store = store
        self.options = options
        self.queue = queue
        self.upkeep = upkeep
        scrubber = Scrubber(store, options, logger: logger)
        self.metrics = metrics
        self.logger = logger
    }

    /// The thread's body: until the log is closed and all is committed, or until it fails.
    func run() {
        var cleared = PendingLines()
        while let (batch, tasks) = queue.take(returning: cleared, waiting: !mayTrim) {
            if !batch.isEmpty { commit(batch) }
            perform(tasks)
            trim(isIdle: batch.isEmpty)
            pokeIfGrown()
            batch.clear()
            cleared = batch
        }
        if let failure = queue.failure { end(failure) }
    }

    /// Everybody is told before the program hears of it, which may end at once.
    private func end(_ failure: String) {
        queue.takeRefused().tell(.failed(.unavailable(failure)))
        scrubber.postpone(failure)
        if queue.isDamaged { store.suspect(failure) }
        logger.error("the log has failed and stores nothing more", ["reason": failure])
        options.onFatal(failure)
    }

    // MARK: Commits

    private func commit(_ batch: PendingLines) {
        let start = Clock.monotonicNanoseconds()
        var failure: AppendError?
        do throws(SQLiteError) {
            try store.append(batch)
            metrics.committed(batch, nanoseconds: Clock.monotonicNanoseconds() - start)
        } catch {
            failure = appendError(error)
        }
        roomChanged(failure, batch)
        // Without the figures the commit is none the less what it is.
        let fatal = queue.committed(noRoom: bytesLackingRoom > 0 ? noRoomReason : nil, usage: try? store.usage())
        if let fatal { failure = .unavailable(fatal) }
        batch.tell(failure.map { .failed($0) } ?? .durable)
        commitsSinceTrim += 1
        bytesSinceTrim += batch.bytes
    }

    private func appendError(_ error: SQLiteError) -> AppendError {
        switch error.nature {
        case .full: return .full
        case .busy: return .unavailable(error.message)
        case .damaged, .foreign, .broken:
            queue.fail(error)
            return .unavailable(error.message)
        }
    }

    private var noRoomReason: String {
        "no room for \(bytesLackingRoom) bytes in \(options.directory): make room on its disk"
    }

    private func roomChanged(_ failure: AppendError?, _ batch: PendingLines) {
        let lackedRoom = bytesLackingRoom > 0
        switch failure {
        case .full:
            bytesLackingRoom = max(1, batch.bytes)
            metrics.full.add(batch.waiters.count)
            if !lackedRoom { logger.error("the log cannot store events", ["reason": noRoomReason]) }
        case nil:
            bytesLackingRoom = 0
            if lackedRoom { logger.info("the log stores events again") }
        case .overloaded, .unavailable: break
        }
    }

    private func pokeIfGrown() {
        let grown = store.walBytes - walBytesAtPoke
        guard grown < 0 || grown > Int64(options.walCheckpointBytes) else { return }
        walBytesAtPoke = store.walBytes
        if grown > 0 { upkeep.poke() }
    }

    // MARK: Between commits

    private func perform(_ tasks: WriterTasks) {
        if let wait = tasks.restartWAL { restartWAL(waitingAtMost: wait) }
        if tasks.probeRoom, bytesLackingRoom > 0, store.hasRoom(for: bytesLackingRoom) {
            bytesLackingRoom = 0
            queue.roomFound()
            logger.info("the log has room again")
        }
        if let positions = tasks.trimBelow {
            trimBelow = positions
            mayTrim = true
        }
        if !tasks.scrubs.isEmpty { scrubber.add(tasks.scrubs) }
    }

    private func restartWAL(waitingAtMost milliseconds: Int32) {
        attempt { () throws(SQLiteError) in
            if try store.restartWAL(waitingAtMost: milliseconds) { queue.measured(try store.usage()) }
        }
    }

    private func trim(isIdle: Bool) {
        let isDue = commitsSinceTrim >= Committer.commitsPerTrim || bytesSinceTrim >= Committer.bytesPerTrim
        guard mayTrim, isIdle || isDue || scrubber.isWanted else { return }
        commitsSinceTrim = 0
        bytesSinceTrim = 0
        mayTrim = false
        attempt { () throws(SQLiteError) in
            // Where nothing is retained, a clock that stepped back must not keep rows "from the future".
            let retained = options.retainMilliseconds
            let keepsNone = retained == 0 || scrubber.isWanted
            let appendedBefore = keepsNone ? .max : Clock.unixMilliseconds() - retained
            mayTrim = try store.trim(below: trimBelow, appendedBefore: appendedBefore)
            if !mayTrim, scrubber.isWanted { try scrubber.run(below: trimBelow) }
            if mayTrim || !isIdle { queue.measured(try store.usage()) }
        }
    }

    /// Runs what may fail for want of room or a lock, to be tried again later, but not for a broken disk.
    private func attempt(_ body: () throws(SQLiteError) -> Void) {
        do throws(SQLiteError) {
            try body()
        } catch {
            if error.isFatal { queue.fail(error) }
            scrubber.postpone(error.message)
        }
    }
}
