internal import Platform

/// What has to be done for the log beside its commits: checkpoints, looking where the reader stands, looking for room.
/// One thread; what only the writer's thread may do, it asks of that.
///
/// `@unchecked Sendable`: what changes belongs to the thread that runs it.
final class Upkeep: @unchecked Sendable {
    private struct State {
        var isPoked = false
        var isStopped = false
    }

    /// After a reader stood in the way of starting the WAL over.
    private static let retryMilliseconds = 20
    /// How long commits may wait for readers, where the WAL is far too large.
    private static let restartWaitMilliseconds: Int32 = 200

    private let state = Condition(State())
    private let queue: AppendQueue
    private let folder: LogFolder
    private let options: SQLiteLogOptions
    private let checkpointer: Checkpointer
    private let positions: ReaderPositions
    private let logger: Logger
    /// Where the reader stands cannot be read.
    private var isBlind = false

    init(
        _ folder: LogFolder, _ options: SQLiteLogOptions, queue: AppendQueue, checkpointer: Checkpointer,
        positions: ReaderPositions, logger: Logger
    ) {
        self.folder = folder
        self.options = options
        self.queue = queue
        self.checkpointer = checkpointer
        self.positions = positions
        self.logger = logger
    }

    /// There is something to checkpoint before its time.
    func poke() {
        state.withLock { $0.isPoked = true }
        state.signal()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        state.signal()
    }

    /// The thread's body.
    func run() {
        var isStopped = false
        while !isStopped, queue.failure == nil {
            queue.measured(freeBytes: folder.freeBytes)
            lookWhereReaderStands()
            let pause = checkpoint() ? options.upkeepMilliseconds : Upkeep.retryMilliseconds
            isStopped = state.wait(atMost: pause, until: { $0.isPoked || $0.isStopped }) { state in
                state.isPoked = false
                return state.isStopped
            }
        }
    }

    // MARK: The WAL

    /// False: the WAL should be started over and is not yet; look again soon.
    private func checkpoint() -> Bool {
        do throws(SQLiteError) {
            let isNearlyMoved = try checkpointer.run()
            // Only now: what the log holds takes room before anything new does.
            if queue.isFull.noRoom { queue.request { $0.probeRoom = true } }
            return askForRestart(isNearlyMoved: isNearlyMoved)
        } catch {
            // No room or a lock in the way: the next round tries again. After a failed sync nothing is certain.
            if error.isFatal { queue.fail(error) }
            return true
        }
    }

    private func askForRestart(isNearlyMoved: Bool) -> Bool {
        let walBytes = queue.usage.walBytes
        let isLarge = walBytes > options.walRestartBytes
        guard isLarge || (walBytes > 0 && queue.isFull.refuses) else { return true }
        let isFarTooLarge = walBytes > 2 * options.walRestartBytes
        if isNearlyMoved || isFarTooLarge {
            queue.request { $0.restartWAL = isFarTooLarge ? Upkeep.restartWaitMilliseconds : 0 }
        }
        return !isLarge
    }

    // MARK: The reader

    private func lookWhereReaderStands() {
        do throws(SQLiteError) {
            let rows = try positions.rows()
            isBlind = false
            guard let next = rows?.map(\.next), next.contains(where: { $0 > 0 }) else { return }
            queue.request { $0.trimBelow = next }
        } catch {
            // The reader sets a damaged file aside when it meets it. One line for each change of state.
            guard !isBlind, error.nature == .damaged || error.nature == .foreign else { return }
            isBlind = true
            logger.warning("cannot trim the log", ["reason": error.message])
        }
    }
}
