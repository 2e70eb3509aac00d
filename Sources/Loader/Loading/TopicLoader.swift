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
    private var identifiers = UUIDGenerator()
    private var backoff = Backoff()
    private var waiting = WaitingTime()
    private var failing: String?

    init(
        topic: Topic, log: any EventLogReader, warehouse: any Warehouse, options: LoaderOptions, hold: LoadingHold,
        metrics: LoaderMetrics, logger: Logger
    ) {
        self.topic = topic
        self.log = log
        self.options = options
        self.hold = hold
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
        if let plan {
            try finish(plan, partition)
            return true
        }
        if !committed.note.isEmpty { forget(committed, partition) }
        return try loadNext(partition, from: committed.next)
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

    private func loadNext(_ partition: TopicPartition, from position: Int64) throws(LoadFailure) -> Bool {
        let limit = ReadLimit(events: options.eventsMax, bytes: options.bytesMax)
        let read = try read(partition, from: position, limit)
        guard read.count > 0 else { return false }
        let plan = LoadPlan(
            first: read.first, last: read.first + Int64(read.count) - 1,
            nonce: identifiers.next(unixMilliseconds: Clock.unixMilliseconds()))
        try commit(partition, CommittedPosition(next: plan.first, note: plan.note))
        try insertAndCommit(plan, partition)
        return true
    }

    /// A plan that an earlier run left.
    private func finish(_ plan: LoadPlan, _ partition: TopicPartition) throws(LoadFailure) {
        let limit = ReadLimit(events: plan.count, bytes: .max, last: plan.last)
        let read = try read(partition, from: plan.first, limit)
        guard read.first == plan.first, read.count == plan.count else {
            throw .log("the log no longer holds positions \(plan.first)…\(plan.last), which a plan needs")
        }
        if failing == nil { logger.info("finishing a plan that was left", ["topic": topic.name, "plan": plan.note]) }
        try insertAndCommit(plan, partition)
    }

    private func insertAndCommit(_ plan: LoadPlan, _ partition: TopicPartition) throws(LoadFailure) {
        let started = Clock.monotonicNanoseconds()
        let batch = LoadBatch(
            plan: plan, partition: partition, log: try reading { () throws(ReadError) in try log.identity() },
            lines: LineIndex(buffer.bytes))
        let refusals = try carrier.carry(batch) { (reason) throws(LoadFailure) in
            try split(plan, partition, reason)
        }
        metrics.inserts.observe(nanoseconds: Clock.monotonicNanoseconds() - started)
        try commit(partition, CommittedPosition(next: plan.last + 1, note: ""))
        metrics.loaded.add(plan.count - refusals.count, at: Int(topic.rawValue))
        metrics.quarantined.add(refusals.count, at: Int(topic.rawValue))
    }

    /// The whole was refused for what it contains: from here on it goes in parts, after a restart too.
    private func split(_ plan: LoadPlan, _ partition: TopicPartition, _ reason: String) throws(LoadFailure) {
        // The reason quotes the event: it is kept in the quarantine, not in the program's log.
        logger.warning(
            "a batch was refused: its bad lines go to quarantine", ["topic": topic.name, "plan": plan.note])
        logger.debug("the batch's refusal", ["reason": reason])
        try commit(partition, CommittedPosition(next: plan.first, note: plan.split.note))
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
