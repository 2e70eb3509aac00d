public import EventLog
import Events
public import Platform
import Synchronization
public import Warehouse

/// Erases persons, each step such that it may be interrupted and done again:
///
///     1. between two plans: note the log's ends and the person, durably      from here on the person's lines are dropped
///     2. sweep the tables, write a receipt that is not complete
///     3. what waits in a spool before the log is sent; loading passes the ends   nothing collected before can come any more
///     4. sweep the tables once more, remove old parts from the disk
///     5. have the log's remains erased by the process that writes it
///     6. write the complete receipt, remove the note                         nothing names the person any more
///
/// Lines are dropped only of plans that were made after the note: a plan under way is repeated byte for byte, so there is none
/// when the note is written, and until loading has passed the ends the note stays.
public final class Forgetting: Sendable {
    /// Leaves nothing of loaded lines in the log's files. Nil: done; else what it waits for.
    public typealias ScrubLog = @Sendable () -> String?

    /// How long loading may take to come to rest.
    private static let restMilliseconds = 60_000
    private static let removalMilliseconds = 120_000
    private static let pauseMilliseconds = 50
    /// Damaged logs are set aside with this in their names.
    private static let setAsideMark = ".damaged-"

    private let dataFolder: String
    private let log: any EventLogReader
    private let warehouse: any Warehouse
    private let hold: LoadingHold
    private let scrubLog: ScrubLog
    private let hasSpool: Bool
    private let elsewhere: String?
    private let logger: Logger
    private let pending: PendingErasures
    /// One thing at a time: an erasure's step, or what must not see half of one.
    private let isBusy = Condition(false)

    /// Throws where what was left to be erased cannot be read.
    ///
    /// - Parameters:
    ///   - hasSpool: lines may wait somewhere to be sent to the log: `scrubLog` answers nil only when there are none.
    ///   - elsewhere: what of a person is out of reach from here, and what to do about it, in words; nil: nothing.
    public init(
        dataFolder: String, log: any EventLogReader, warehouse: any Warehouse, hold: LoadingHold,
        scrubLog: @escaping ScrubLog, hasSpool: Bool = false, elsewhere: String? = nil, logger: Logger
    ) throws(ForgettingError) {
        self.dataFolder = dataFolder
        self.log = log
        self.warehouse = warehouse
        self.hold = hold
        self.scrubLog = scrubLog
        self.hasSpool = hasSpool
        self.elsewhere = elsewhere
        self.logger = logger
        pending = try PendingErasures("\(dataFolder)/\(Forgetting.folderName)")
    }

    /// Where in DATA_DIR erasures that are not complete are kept.
    public static let folderName = "erasures"

    /// Runs what must not run beside a step of an erasure, such as a backup.
    public func exclusively<Result>(_ body: () throws -> Result) rethrows -> Result {
        isBusy.wait(until: { !$0 }) { $0 = true }
        defer {
            isBusy.withLock { $0 = false }
            isBusy.signal()
        }
        return try body()
    }

    // MARK: A request

    /// Erases what there is of a person, and sees to it that nothing collected until now comes later. The receipt is complete where
    /// loading passes all that within `milliseconds`; otherwise that follows by itself.
    public func request(
        _ person: Person, waitingAtMost milliseconds: Int = 10_000, progress: (String) -> Void = { _ in }
    ) throws -> ErasureReceipt {
        try exclusively {
            var erasure = try begin(person)
            progress("noted, and done even if this is broken off: receipt \(erasure.receipt)")
            try sweep(&erasure)
            progress("erased from the tables: \(erasure.erased.json)")
            let deadline = Clock.monotonicMilliseconds() + UInt64(milliseconds)
            while true {
                let receipt = try goOn(&erasure)
                if receipt.isComplete || Clock.monotonicMilliseconds() >= deadline { return receipt }
                Pause.milliseconds(Forgetting.pauseMilliseconds)
            }
        }
    }

    private func begin(_ person: Person) throws -> Erasure {
        guard pending.all.count < PendingErasures.countMax else {
            throw ForgettingError.refused(
                "\(PendingErasures.countMax) erasures wait for loading: see why it does not go on")
        }
        var erasure: Erasure?
        let isHeld = try hold.holdBetweenPlans(of: log, waitingAtMost: Forgetting.restMilliseconds) {
            let noted = try note(person)
            try pending.keep(noted)
            erasure = noted
        }
        guard isHeld, let erasure else {
            throw ForgettingError.refused("loading did not come to rest: see what it waits for, then ask again")
        }
        return erasure
    }

    private func note(_ person: Person) throws(ForgettingError) -> Erasure {
        var identifiers = UUIDGenerator()
        let now = Clock.unixMilliseconds()
        let ends = try ends()
        return Erasure(
            receipt: identifiers.next(unixMilliseconds: now), person: person, requestedAt: now,
            log: try withLog { () throws(ReadError) in try log.identity() }, ends: ends)
    }

    /// Where each partition of the log ends now.
    private func ends() throws(ForgettingError) -> [Erasure.End] {
        try withLog { () throws(ReadError) in
            var ends: [Erasure.End] = []
            for topic in Topic.allCases {
                for partition in try log.partitions(topic) {
                    ends.append(Erasure.End(partition: partition, position: try log.end(partition)))
                }
            }
            return ends
        }
    }

    // MARK: Steps

    /// Does what can be done by now of all that was begun.
    package func advance() throws(ForgettingError) {
        var failure: ForgettingError?
        for erasure in pending.all {
            var erasure = erasure
            do throws(ForgettingError) {
                let receipt = try goOn(&erasure)
                if receipt.isComplete { logger.info("an erasure is complete", ["receipt": "\(receipt.receipt)"]) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func goOn(_ erasure: inout Erasure) throws(ForgettingError) -> ErasureReceipt {
        if !erasure.isSwept { try sweep(&erasure) }
        if let reason = try awaitSpool(&erasure) { return try receipt(erasure, waitsFor: reason) }
        let waiting = try waiting(erasure)
        guard waiting == 0 else {
            return try receipt(erasure, waitsFor: "loading, to pass \(waiting) lines of the log")
        }
        if !erasure.isClean { try clean(&erasure) }
        if let reason = scrubLog() { return try receipt(erasure, waitsFor: reason) }
        let receipt = try receipt(erasure, waitsFor: nil)
        try write(receipt)
        try pending.remove(erasure)
        return receipt
    }

    /// Lines that waited in a spool come behind the ends that were noted, and are not dropped by plans: the last sweep erases them, so it
    /// waits for the ends that the log has once they are sent. Nil: done; else what it waits for.
    private func awaitSpool(_ erasure: inout Erasure) throws(ForgettingError) -> String? {
        guard hasSpool, erasure.sentBy == nil else { return nil }
        if let reason = scrubLog() { return reason }
        erasure.sentBy = try ends()
        try pending.keep(erasure)
        return nil
    }

    private func sweep(_ erasure: inout Erasure) throws(ForgettingError) {
        let eraser = try TableEraser(erasure.person, warehouse)
        erasure.count(try eraser.count())
        try pending.keep(erasure)
        try eraser.sweep()
        erasure.isSwept = true
        try pending.keep(erasure)
        try write(try receipt(erasure, waitsFor: "loading"))
    }

    /// Nothing of the person can come any more.
    private func clean(_ erasure: inout Erasure) throws(ForgettingError) {
        try sweep(&erasure)
        try PartRemoval(warehouse).run(waitingAtMost: Forgetting.removalMilliseconds)
        erasure.isClean = true
        try pending.keep(erasure)
    }

    /// Lines that were collected before the request, and that loading has not passed. None of a log that is gone.
    private func waiting(_ erasure: Erasure) throws(ForgettingError) -> Int64 {
        let log = try withLog { () throws(ReadError) in try self.log.identity() }
        guard erasure.log == log else { return 0 }
        var waiting: Int64 = 0
        for end in erasure.sentBy ?? erasure.ends {
            let next = try withLog { () throws(ReadError) in try self.log.committed(end.partition) }.next
            waiting += max(0, end.position - next)
        }
        return waiting
    }

    // MARK: Receipts

    private func receipt(_ erasure: Erasure, waitsFor: String?) throws(ForgettingError) -> ErasureReceipt {
        let names = try withFiles { () throws(FileError) in try FileTree.names(in: dataFolder) }
        return ErasureReceipt(
            receipt: erasure.receipt, requestedAt: erasure.requestedAt,
            completedAt: waitsFor == nil ? Clock.unixMilliseconds() : nil, erased: erasure.erased,
            logLinesWaiting: try waiting(erasure), waitsFor: waitsFor,
            setAside: names.filter { $0.contains(Forgetting.setAsideMark) }, elsewhere: elsewhere)
    }

    private func write(_ receipt: ErasureReceipt) throws(ForgettingError) {
        let now = Clock.unixMilliseconds()
        let row = receipt.row(notedAt: now)
        try withTables { () throws(WarehouseError) in
            try warehouse.insert(row.bytes, into: .erasures, token: "erasure-\(receipt.receipt)-\(now)")
        }
    }

    // MARK: Lines on their way

    /// Places of lines that are not to be loaded.
    func forgotten(_ batch: LoadBatch) -> Set<Int> {
        var places: Set<Int> = []
        for erasure in pending.all {
            let end = erasure.end(of: batch.partition, in: batch.log)
            guard end > batch.plan.first else { continue }
            let (matcher, reader) = (PersonMatcher(erasure.person), LineFactsReader())
            for line in 0..<Int(min(Int64(batch.lines.count), end - batch.plan.first))
            where matcher.matches(batch.text(line), batch.topic, isDamaged: batch.damage != nil, reader) {
                places.insert(line)
            }
        }
        return places
    }
}

// MARK: In the background

extension Forgetting {
    private static let tickMilliseconds = 1_000
    private static let retryMilliseconds = 10_000

    /// Goes on with what was begun, until the task is cancelled.
    func run() async {
        var failure: String?
        while !Task.isCancelled {
            var wait = Forgetting.tickMilliseconds
            if !pending.isEmpty {
                do {
                    try exclusively { try advance() }
                    failure = nil
                } catch {
                    wait = Forgetting.retryMilliseconds
                    if failure != "\(error)" { logger.warning("an erasure waits", ["reason": "\(error)"]) }
                    failure = "\(error)"
                }
            }
            // Thrown on cancellation only.
            try? await Task.sleep(for: .milliseconds(wait))
        }
    }
}
