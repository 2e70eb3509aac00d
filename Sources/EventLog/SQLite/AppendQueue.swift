internal import Events
internal import Platform

/// What the log holds and what it may still take.
struct DiskUsage {
    /// Bytes in used pages of the database.
    var databaseBytes: Int64 = 0
    /// Bytes in the WAL since it was last started over.
    var walBytes: Int64 = 0
    /// Bytes in unused pages of the database, and in the unused part of the WAL's file: they are used before either grows.
    var reusableBytes: Int64 = 0
    /// Bytes that are free on the disk.
    var freeBytes: Int64 = .max
}

/// What the writer's thread is asked to do besides commits.
struct WriterTasks {
    /// Start the WAL over, waiting at most so many milliseconds for readers.
    var restartWAL: Int32?
    /// Below these positions, by topic, nothing is needed any more.
    var trimBelow: [Int64]?
    /// See whether there is room again.
    var probeRoom = false
    /// Leave no remains of what was deleted, and tell these.
    var scrubs: [ScrubWaiter] = []

    var isEmpty: Bool { restartWAL == nil && trimBelow == nil && !probeRoom && scrubs.isEmpty }
}

/// Between those who append and the writer's thread: the lines that wait, and whether more may come.
final class AppendQueue: Sendable {
    private struct State {
        var pending = PendingLines()
        /// Bytes that the writer's thread has taken and not committed yet.
        var takenBytes = 0
        var tasks = WriterTasks()
        var usage = DiskUsage()
        /// Why the last commit found no room; nil when one has worked since.
        var noRoom: String?
        var fatal: String?
        /// The log is damaged, which the next start has to know.
        var isDamaged = false
        var isClosed = false

        var queueBytes: Int { pending.bytes + takenBytes }
        var hasWork: Bool { !pending.isEmpty || !tasks.isEmpty || isClosed || fatal != nil }
    }

    /// What an append may bring at least while the log is called available: a large event.
    private static let usualAppendBytes = 65_536

    private let state: Condition<State>
    private let options: SQLiteLogOptions

    init(_ options: SQLiteLogOptions) {
        self.options = options
        state = Condition(State())
    }

    // MARK: Those who append

    func append(_ lines: EventLines, waiter: any AppendWaiter) throws(AppendError) {
        let bytes = lines.totalBytes
        let wasEmpty = try state.withLock { state throws(AppendError) in
            try admit(bytes, state)
            defer { state.pending.add(lines, waiter: waiter) }
            return state.pending.isEmpty
        }
        // Otherwise the writer's thread has been woken already, or is at work and looks here next.
        if wasEmpty { state.signal() }
    }

    private func admit(_ bytes: Int, _ state: State) throws(AppendError) {
        if let fatal = state.fatal { throw .unavailable(fatal) }
        if state.isClosed { throw .unavailable("the log is shutting down") }
        if lacksRoom(bytes, state) != nil { throw .full }
        if state.queueBytes + bytes > options.queueBytesMax { throw .overloaded }
    }

    var unavailableReason: String? {
        state.withLock { state in
            if let fatal = state.fatal { return fatal }
            if state.isClosed { return "the log is shutting down" }
            return state.noRoom ?? lacksRoom(AppendQueue.usualAppendBytes, state)
        }
    }

    /// The fullest of the log, its queue and its disk, where the log keeps `freeBytesMin` free: 1 has no room left.
    var roomTaken: Double {
        state.withLock { state in
            guard state.fatal == nil, !state.isClosed, state.noRoom == nil else { return 1 }
            let usage = state.usage
            let held = Double(usage.databaseBytes + usage.walBytes - usage.reusableBytes + Int64(state.queueBytes))
            let left = usage.freeBytes == .max ? .infinity : Double(usage.freeBytes + usage.reusableBytes)
            return min(
                1,
                max(
                    held / Double(options.bytesMax), Double(state.queueBytes) / Double(options.queueBytesMax),
                    Double(options.freeBytesMin) / max(left, 1)))
        }
    }

    private func lacksRoom(_ bytes: Int, _ state: State) -> String? {
        let waiting = Int64(state.queueBytes + bytes)
        if state.usage.databaseBytes + state.usage.walBytes + waiting > options.bytesMax {
            return "the log in \(options.directory) holds its \(options.bytesMax) bytes: "
                + "see why events are not loaded, or raise LOG_MAX_BYTES"
        }
        let (free, reusable) = (state.usage.freeBytes, state.usage.reusableBytes)
        if free != .max, free + reusable - waiting < options.freeBytesMin {
            return "the disk of \(options.directory) has \(free) bytes left, "
                + "of which the log keeps \(options.freeBytesMin) free: make room"
        }
        return nil
    }

    // MARK: The writer's thread

    /// Everything that waits, in exchange for a cleared buffer; waits for something when asked to. Nil: the log
    /// has failed, or is closed and everything is committed.
    func take(returning cleared: PendingLines, waiting: Bool) -> (batch: PendingLines, tasks: WriterTasks)? {
        state.wait(until: { $0.hasWork || !waiting }) { state in
            guard state.fatal == nil, !(state.isClosed && state.pending.isEmpty) else { return nil }
            let work = (batch: state.pending, tasks: state.tasks)
            state.takenBytes = work.batch.bytes
            state.pending = cleared
            state.tasks = WriterTasks()
            return work
        }
    }

    /// What was taken is committed (or not: `noRoom`). Answers why it must not be acknowledged all the same, if so.
    func committed(noRoom: String?, usage: DiskUsage?) -> String? {
        state.withLock { state in
            state.takenBytes = 0
            state.noRoom = noRoom
            if let usage { state.usage = usage }
            return state.fatal
        }
    }

    func measured(_ usage: DiskUsage) { state.withLock { $0.usage = usage } }
    func measured(freeBytes: Int64) { state.withLock { $0.usage.freeBytes = freeBytes } }

    /// There is room again.
    func roomFound() { state.withLock { $0.noRoom = nil } }

    /// What can no longer be committed.
    func takeRefused() -> PendingLines {
        state.withLock { state in
            defer { state.pending = PendingLines() }
            return state.pending
        }
    }

    // MARK: Others

    func request(_ change: (inout WriterTasks) -> Void) {
        state.withLock { change(&$0.tasks) }
        state.signal()
    }

    /// Ends the log: nothing is acknowledged from now on.
    func fail(_ error: SQLiteError) {
        state.withLock { state in
            if state.fatal == nil { state.fatal = error.message }
            if error.nature == .damaged { state.isDamaged = true }
        }
        state.signal()
    }

    var isDamaged: Bool { state.withLock { $0.isDamaged } }

    func close() {
        state.withLock { $0.isClosed = true }
        state.signal()
    }

    var failure: String? { state.withLock { $0.fatal } }
    var queueBytes: Int { state.withLock { $0.queueBytes } }
    var usage: DiskUsage { state.withLock { $0.usage } }

    /// Whether appends are refused for want of room, or the last commit failed for it.
    var isFull: (noRoom: Bool, refuses: Bool) {
        state.withLock { ($0.noRoom != nil, lacksRoom(AppendQueue.usualAppendBytes, $0) != nil) }
    }
}
