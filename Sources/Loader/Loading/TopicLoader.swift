import EventLog
import Events
import Platform
import Warehouse

/// Loads one topic: plan, insert, commit; again and again.
///
/// At every moment the log's committed note tells what may be under way:
///
///     note            state                      after a restart
///     ""              nothing                    plan the next batch
///     a plan          the insert may have been   read the plan's very range again, insert with
///                     made, wholly or not        its token (a no-op where it was), commit
actor TopicLoader {
    private let topic: Topic
    private let log: any EventLogReader
    private let options: LoaderOptions
    private let metrics: LoaderMetrics
    private let logger: Logger
    /// The batch's lines.
    private let buffer = ByteBuffer()
    private let carrier: BatchCarrier
    private let hold: LoadingHold
    private let forgetting: Forgetting?
    private var identifiers = UUIDGenerator()
    private var backoff = Backoff()
    private var waiting = WaitingTime()
    private var failing: String?
    /// Of the latest plan that this process made: what it inserted of that it knows.
    private var ownPlan: UUID?
    /// Failures in a row that are not known to pass by themselves.
    private var unknownFailures = 0
    /// After so many (half a minute) the batch's lines are suspected.
    private static let unknownFailuresMax = 8

    init(
        topic: Topic, log: any EventLogReader, warehouse: any Warehouse, options: LoaderOptions, hold: LoadingHold,
        forgetting: Forgetting?, metrics: LoaderMetrics, logger: Logger
    ) {
        self.topic = topic
        self.log = log
        self.options = options
        self.hold = hold
        self.forgetting = forgetting
        self.metrics = metrics
        self.logger = logger
        carrier = BatchCarrier(warehouse)
    }

    func run() async {
        while !Task.isCancelled {
            do throws(LoadFailure) {
                let loaded = try step()
                recovered()
                if !loaded { await pause(options.pollMilliseconds) }
            } catch {
                if case .cancelled = error { return }
                await failed(error)
            }
        }
    }

    /// One look at each partition; true when something was loaded.
    private func step() throws(LoadFailure) -> Bool {
        var loaded = false
        var total = Backlog(events: 0, bytes: 0, oldestAgeMilliseconds: 0)
        for partition in try reading({ () throws(ReadError) in try log.partitions(topic) }) {
            let backlog = try reading { () throws(ReadError) in try log.backlog(partition) }
            let committed = try reading { () throws(ReadError) in try log.committed(partition) }
            total.add(backlog)
            loaded = try load(partition, committed, backlog) || loaded
        }
        metrics.set(total, topic)
        return loaded
    }

    private func load(_ partition: TopicPartition, _ committed: CommittedPosition, _ backlog: Backlog)
        throws(LoadFailure) -> Bool
    {
        let plan = LoadPlan(note: committed.note)
        let waited = waiting.milliseconds(partition, next: committed.next, backlog)
        guard plan != nil || isDue(backlog, waited), hold.begin() else { return false }
        defer { hold.end() }
        let identity = try reading { () throws(ReadError) in try log.identity() }
        if let plan {
            if let old = committed.log, old != identity {
                try void(plan, of: old, partition, identity)
            } else {
                try finish(plan, partition, identity)
            }
            return true
        }
        if !committed.note.isEmpty { forget(committed, partition) }
        return try loadNext(partition, from: committed, identity)
    }

    /// Whether what waits makes a batch: enough events, enough bytes, or one that has waited long enough.
    private func isDue(_ backlog: Backlog, _ waitedMilliseconds: Int64) -> Bool {
        backlog.events > 0
            && (backlog.events >= options.eventsMax || backlog.bytes >= options.bytesMax
                || waitedMilliseconds >= options.ageMaxMilliseconds)
    }

    /// A note that is not ours says nothing that could be finished. Its position is good; lines that were inserted behind
    /// it come again, and collapse by their event_id.
    private func forget(_ committed: CommittedPosition, _ partition: TopicPartition) {
        logger.warning(
            "the position's note is no plan of this version: loading from the position",
            ["topic": topic.name, "partition": "\(partition.partition)", "position": "\(committed.next)"])
    }

    // MARK: Plan, insert, commit

    private func loadNext(_ partition: TopicPartition, from committed: CommittedPosition, _ identity: UUID)
        throws(LoadFailure) -> Bool
    {
        let limit = ReadLimit(events: options.eventsMax, bytes: options.bytesMax)
        let read = try read(partition, from: committed.next, limit)
        if read.first > committed.next { try note(gap: committed.next..<read.first, partition, committed, identity) }
        guard read.count > 0 else { return false }
        let plan = LoadPlan(
            first: read.first, last: read.first + Int64(read.count) - 1,
            nonce: identifiers.next(unixMilliseconds: Clock.unixMilliseconds()))
        ownPlan = plan.nonce
        try commit(partition, CommittedPosition(next: plan.first, note: plan.note, log: identity))
        try insertAndCommit(plan, partition, identity, damage: read.damage)
        return true
    }

    /// A plan that an earlier run left.
    private func finish(_ plan: LoadPlan, _ partition: TopicPartition, _ identity: UUID) throws(LoadFailure) {
        let limit = ReadLimit(events: plan.count, bytes: .max, last: plan.last)
        let read = try read(partition, from: plan.first, limit)
        guard read.first == plan.first, read.count == plan.count else {
            logger.error(
                "the log no longer holds a plan's lines as they were: what is left of them is planned anew",
                ["topic": topic.name, "plan": plan.note])
            return try commit(partition, CommittedPosition(next: plan.first, note: "", log: identity))
        }
        if failing == nil { logger.info("finishing a plan that was left", ["topic": topic.name, "plan": plan.note]) }
        try insertAndCommit(plan, partition, identity, damage: read.damage)
    }

    private func insertAndCommit(_ plan: LoadPlan, _ partition: TopicPartition, _ identity: UUID, damage: String?)
        throws(LoadFailure)
    {
        let started = Clock.monotonicNanoseconds()
        let lines = damage == nil ? LineIndex(buffer.bytes) : LineIndex(buffer.bytes, count: plan.count)
        var batch = LoadBatch(
            plan: plan, partition: partition, log: identity, lines: lines, damage: damage,
            isRepetition: plan.nonce != ownPlan)
        batch.forgotten = forgetting?.forgotten(batch) ?? []
        if let damage {
            logger.error(
                "the log did not keep lines as they were written: they go to quarantine",
                ["topic": topic.name, "plan": plan.note, "reason": damage])
        }
        let isSuspect = unknownFailures >= TopicLoader.unknownFailuresMax
        let refusals = try carrier.carry(batch, isSuspect: isSuspect) { (reason) throws(LoadFailure) in
            try split(plan, partition, identity, reason)
        }
        metrics.inserts.observe(nanoseconds: Clock.monotonicNanoseconds() - started)
        try commit(partition, CommittedPosition(next: plan.last + 1, note: "", log: identity))
        metrics.loaded.add(plan.count - refusals.count - batch.forgotten.count, at: Int(topic.rawValue))
        metrics.quarantined.add(refusals.count, at: Int(topic.rawValue))
    }

    /// The whole was refused for what it contains: from here on it goes in parts, after a restart too.
    private func split(_ plan: LoadPlan, _ partition: TopicPartition, _ identity: UUID, _ reason: String)
        throws(LoadFailure)
    {
        // The reason quotes the event: it is kept in the quarantine, not in the program's log.
        logger.warning(
            "a batch was refused: its bad lines go to quarantine", ["topic": topic.name, "plan": plan.note])
        logger.debug("the batch's refusal", ["reason": reason])
        try commit(partition, CommittedPosition(next: plan.first, note: plan.split.note, log: identity))
    }

    // MARK: What the log no longer holds

    /// Another log stands in the place of the one that was planned from.
    private func void(_ plan: LoadPlan, of old: UUID, _ partition: TopicPartition, _ identity: UUID) throws(LoadFailure)
    {
        logger.error(
            "another log is in the place of the one that a plan was made of: the plan is void",
            ["topic": topic.name, "plan": plan.note, "old_log": "\(old)", "log": "\(identity)"])
        try lose(plan.first..<plan.last + 1, partition, of: old)
        // Still that log's position: what this one does not hold between it and its own first line is no loss.
        try commit(partition, CommittedPosition(next: plan.first, note: "", log: old))
    }

    /// Positions that are to be loaded and are not there. In a log that begins, those are another log's; without a position
    /// of ours, those that were loaded and trimmed before are known by the ledger.
    private func note(
        gap: Range<Int64>, _ partition: TopicPartition, _ committed: CommittedPosition, _ identity: UUID
    ) throws(LoadFailure) {
        switch committed.log {
        case identity: try lose(gap, partition, of: identity)
        case nil: try lose(gap, partition, of: identity, behindKnown: true)
        default: break
        }
    }

    private func lose(_ positions: Range<Int64>, _ partition: TopicPartition, of log: UUID, behindKnown: Bool = false)
        throws(LoadFailure)
    {
        let lost = try carrier.lose(positions, partition, of: log, behindKnown: behindKnown)
        guard lost > 0 else { return }
        metrics.lost.add(Int(lost), at: Int(topic.rawValue))
        logger.error(
            "the log lost lines that were accepted and not loaded",
            [
                "topic": topic.name, "partition": "\(partition.partition)", "count": "\(lost)",
                "first": "\(positions.lowerBound)", "last": "\(positions.upperBound - 1)",
            ])
    }

    // MARK: The log

    private func read(_ partition: TopicPartition, from position: Int64, _ limit: ReadLimit) throws(LoadFailure)
        -> ReadResult
    {
        buffer.clear()
        return try reading { () throws(ReadError) in
            try log.read(partition, from: position, limit: limit, into: buffer)
        }
    }

    private func commit(_ partition: TopicPartition, _ position: CommittedPosition) throws(LoadFailure) {
        try reading { () throws(ReadError) -> Void in try log.commit(partition, position) }
    }

    private func reading<Result>(_ body: () throws(ReadError) -> Result) throws(LoadFailure) -> Result {
        do {
            return try body()
        } catch {
            throw LoadFailure(error)
        }
    }

    // MARK: Failing and recovering: one line of log for each change of state

    private func failed(_ failure: LoadFailure) async {
        if case .unknown = failure { unknownFailures += 1 }
        if failing != failure.state {
            failing = failure.state
            logger.warning("loading waits", ["topic": topic.name, "reason": failure.reason])
        }
        // A log that is merely not there yet is looked for at the usual pace, and does not lengthen later waits.
        guard failure.isCounted else { return await pause(options.pollMilliseconds) }
        metrics.retries.add()
        await pause(backoff.milliseconds())
    }

    private func recovered() {
        unknownFailures = 0
        guard failing != nil else { return }
        failing = nil
        backoff.reset()
        logger.info("loading goes on", ["topic": topic.name])
    }

    private func pause(_ milliseconds: Int) async {
        // Thrown on cancellation only, which the loop looks at itself.
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }
}

extension Backlog {
    mutating func add(_ other: Backlog) {
        events += other.events
        bytes += other.bytes
        oldestAgeMilliseconds = max(oldestAgeMilliseconds, other.oldestAgeMilliseconds)
    }
}
