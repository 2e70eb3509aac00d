internal import Platform

/// What became of the order to leave no remains of deleted lines.
public enum ScrubOutcome: Sendable, Equatable {
    /// Everything below the reader's positions is deleted, and no byte of it is left in the log's files.
    /// `copies`: damaged files that were set aside earlier (`log.damaged-…`); what they hold is untouched.
    case done(copies: [String])
    /// Not yet, for this reason: it is done as soon as that has passed, without being asked again.
    case later(String)
}

/// Waits for the outcome of an order to scrub.
final class ScrubWaiter: Sendable {
    private let outcome = Condition<ScrubOutcome?>(nil)

    func tell(_ told: ScrubOutcome) {
        outcome.withLock { $0 = $0 ?? told }
        outcome.broadcast()
    }

    func wait(atMost milliseconds: Int) -> ScrubOutcome {
        outcome.wait(atMost: milliseconds, until: { $0 != nil }) { $0 ?? .later("deleting is still under way") }
    }
}

/// Leaves nothing of what was trimmed: neither the newest rows, which usual trimming keeps, nor remains in unused pages, in the
/// gaps of used ones, or in the WAL.
///
/// `@unchecked Sendable`: all its state belongs to the writer's thread.
final class Scrubber: @unchecked Sendable {
    private let store: LogStore
    private let folder: LogFolder
    private let bytesMax: Int64
    private let logger: Logger
    private var waiters: [ScrubWaiter] = []
    private(set) var isWanted = false

    init(_ store: LogStore, _ options: SQLiteLogOptions, logger: Logger) {
        self.store = store
        folder = LogFolder(path: options.directory)
        bytesMax = options.scrubBytesMax
        self.logger = logger
    }

    func add(_ waiters: [ScrubWaiter]) {
        self.waiters += waiters
        isWanted = true
    }

    /// The rest, when all rows are trimmed that can be.
    func run(below positions: [Int64]) throws(SQLiteError) {
        let started = Clock.monotonicMilliseconds()
        guard try store.deleteLoaded(below: positions) else {
            return postpone("a part of what was committed together is not loaded yet")
        }
        let bytes = try store.usage().databaseBytes
        guard bytes <= bytesMax else { return postpone("\(bytes) bytes are not loaded yet") }
        // A reader, or a checkpoint, holds pages of the WAL: the next round tries again, those who wait go on waiting.
        guard try store.eraseRemains() else { return }
        isWanted = false
        let copies = folder.damagedCopies
        logger.info(
            "what was deleted from the log is erased",
            ["held_up_commits_ms": "\(Clock.monotonicMilliseconds() - started)", "damaged_copies": "\(copies.count)"])
        tell(.done(copies: copies))
    }

    func postpone(_ reason: String) { tell(.later(reason)) }

    private func tell(_ outcome: ScrubOutcome) {
        for waiter in waiters { waiter.tell(outcome) }
        waiters = []
    }
}
