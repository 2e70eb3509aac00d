public import Events
public import Platform

/// The writing side of the SQLite log: group commit by one thread, WAL, every commit synced. One process a folder.
///
/// The way of an append: its lines are copied into the buffer that waits (`AppendQueue`); the writer's thread takes all
/// that waits as one transaction (`Committer`, `LogStore`), at once and without a timer, and tells the waiters when
/// it is on the disk. Meanwhile the next ones wait together.
public final class SQLiteLogWriter: EventLogWriter, ScrubbableLog {
    /// What closing gives back.
    private struct Opened {
        let lock: WriterLock
        let store: LogStore
        let upkeep: Upkeep
    }

    /// What was found when the log was opened; nil: it was whole.
    package let salvaged: DamageReport?

    private let opened: Condition<Opened?>
    private let folder: LogFolder
    private let queue: AppendQueue
    private let metrics: LogMetrics
    private let logger: Logger
    private let committing: Thread
    private let tending: Thread

    /// Opens the log in `options.directory`, or makes it. Throws where the folder cannot be made or written to, where
    /// another process writes the log, and where the file is not ours or of a newer format. A damaged log is salvaged:
    /// see `LogOpening`.
    public init(_ options: SQLiteLogOptions, metrics registry: MetricsRegistry, logger: Logger)
        throws(LogOpenError)
    {
        folder = LogFolder(path: options.directory)
        try folder.create()
        let lock = try WriterLock(folder)
        folder.distrustWALIndex()
        self.logger = logger
        do throws(SQLiteError) {
            let positions = ReaderPositions(folder)
            let (store, report) = try LogOpening(
                folder: folder, options: options, positions: positions, logger: logger
            ).open()
            let queue = AppendQueue(options)
            queue.measured(try store.usage())
            let metrics = LogMetrics(registry, queue)
            if let report { metrics.salvaged(report) }
            salvaged = report
            let upkeep = Upkeep(
                folder, options, queue: queue, checkpointer: try Checkpointer(path: folder.log), positions: positions,
                logger: logger)
            let committer = Committer(
                store, options, queue: queue, upkeep: upkeep, metrics: metrics, logger: logger)
            (self.queue, self.metrics) = (queue, metrics)
            opened = Condition(Opened(lock: lock, store: store, upkeep: upkeep))
            committing = Thread("log commits") { committer.run() }
            tending = Thread("log upkeep") { upkeep.run() }
        } catch {
            throw LogOpenError(error.message)
        }
    }

    deinit { close() }

    public func append(_ lines: EventLines, waiter: any AppendWaiter) throws(AppendError) {
        do throws(AppendError) {
            try queue.append(lines, waiter: waiter)
        } catch {
            if error == .full { metrics.full.add() }
            throw error
        }
    }

    public var unavailableReason: String? { queue.unavailableReason }

    /// Deletes everything below the reader's positions, the newest rows too, and leaves no remains of it in the log's files.
    /// Waits for that at most `milliseconds`. While much is not loaded yet it answers `later`, and does it afterwards.
    public func scrub(waitingAtMost milliseconds: Int) -> ScrubOutcome {
        let rows: [PositionsFile.Row]?
        do throws(SQLiteError) {
            rows = try ReaderPositions(folder).rows()
        } catch {
            return .later(error.message)
        }
        guard let rows else { return .later("nothing is loaded yet") }
        if let failure = queue.failure { return .later(failure) }
        let waiter = ScrubWaiter()
        queue.request { tasks in
            tasks.trimBelow = rows.map(\.next)
            tasks.scrubs.append(waiter)
        }
        return waiter.wait(atMost: milliseconds)
    }
    public var roomTaken: Double { queue.roomTaken }

    public func close() {
        let opened = opened.withLock { opened in
            defer { opened = nil }
            return opened
        }
        guard let opened else { return }
        queue.close()
        committing.join()
        opened.upkeep.stop()
        tending.join()
        if queue.failure == nil { finish(opened.store) }
    }

    private func finish(_ store: LogStore) {
        do throws(SQLiteError) {
            try store.finish()
        } catch {
            logger.error("the log's last checkpoint failed; nothing is lost", ["reason": error.message])
        }
    }
}
