public import Events

/// The durable log between Collector and Loader: an append-only sequence of canonical lines per topic, each with a
/// position (0, 1, 2, …). Two sides, in two processes: one writer, one reader. SQLite/ and Kafka/ implement both.

/// Where one partition of one topic stands. SQLite has the one partition 0.
public struct TopicPartition: Hashable, Sendable {
    public let topic: Topic
    public let partition: Int32

    public init(_ topic: Topic, partition: Int32 = 0) {
        self.topic = topic
        self.partition = partition
    }

    public init(_ kind: EventKind, partition: Int32 = 0) { self.init(Topic(kind), partition: partition) }
}

/// What became of an append. Told once, on a thread of the log's own.
public enum AppendOutcome: Sendable {
    /// On disk (fdatasync) or acknowledged by every in-sync replica.
    case durable
    /// Not stored, or not known to be: the client must send it again (same event_ids).
    case failed(AppendError)
}

public enum AppendError: Error, Sendable, Equatable {
    /// More waits to be written than `queueBytesMax`.
    case overloaded
    /// The log holds `LOG_MAX_BYTES`, or the disk is full.
    case full
    /// The log cannot store now: I/O error, brokers away, shutting down. The text says which.
    case unavailable(String)
}

/// Told when an append is durable or failed; exactly once.
public protocol AppendWaiter: AnyObject, Sendable {
    func appended(_ outcome: AppendOutcome)
}

/// The Collector's side.
public protocol EventLogWriter: AnyObject, Sendable {
    /// Copies `lines` (the caller may reuse them at once) and returns; all of them become durable together.
    /// Throws when they cannot even be queued: then `waiter` is not told.
    func append(_ lines: EventLines, waiter: any AppendWaiter) throws(AppendError)

    /// Nil when appends can become durable now; else the reason (`/readyz`).
    var unavailableReason: String? { get }

    /// How much of its room is taken, on disk or in the queue, whichever is nearer its end: 0 … 1. What may be lost is
    /// best not appended when little is left.
    var roomTaken: Double { get }

    /// Commits what is queued, tells every waiter, closes. Blocks.
    func close()
}

/// A log that can be made to hold nothing of what was loaded.
public protocol ScrubbableLog: EventLogWriter {
    /// Deletes everything below the reader's positions, and leaves no remains of it in the log's files. Waits for that at
    /// most `milliseconds`. Blocks.
    func scrub(waitingAtMost milliseconds: Int) -> ScrubOutcome
}

/// What the reader has committed for a partition.
public struct CommittedPosition: Sendable, Equatable {
    /// The next position to load.
    public var next: Int64
    /// The reader's own words, kept with it durably: the Loader's plan of an insert under way, or "".
    public var note: String
    /// The log that the position was committed for, as `EventLogReader.identity` told it to the reader then; nil where
    /// nothing was ever committed, or the reader did not say.
    ///
    /// Where it differs from the identity that the log has now, another log stands in the place of that one: what was
    /// planned of the old log and is not in this one is gone, and a plan of it is void. `next` stays good: positions
    /// are never used twice (see `EventLogReader`), so every line of the new log lies at `next` or behind it.
    public var log: UUID?

    public init(next: Int64, note: String, log: UUID? = nil) {
        self.next = next
        self.note = note
        self.log = log
    }
}

/// How much to read at most.
public struct ReadLimit: Sendable {
    public var events: Int
    public var bytes: Int
    /// Read no further than this position (inclusive).
    public var last: Int64?

    public init(events: Int, bytes: Int, last: Int64? = nil) {
        self.events = events
        self.bytes = bytes
        self.last = last
    }
}

/// What one read brought: `count` lines at positions `first ..< first + count`, in the caller's buffer.
///
/// - A **gap** is `first` above the position asked for: the positions between are not in the log. Below the committed
///   position they were trimmed. Above it they were lost, for certain and for good: no other line will ever have them.
/// - **Damage** comes alone. Where `damage` is not nil, the positions `first ..< first + count` held lines that are not
///   what was appended: the buffer got the bytes as they were found, which need not be lines, nor `count` of them, nor any
///   at all. A read stops before damage; only one that would begin with it answers it. `ReadLimit.last` bounds the positions
///   of damage, its `events` and `bytes` do not; a read that begins or ends within it gets all of its bytes.
public struct ReadResult: Sendable, Equatable {
    public var first: Int64
    public var count: Int
    /// When the oldest of them was appended (Unix milliseconds); 0 for none, and where it is not known.
    public var oldestAppendedAt: Int64
    /// What is wrong with what was read; nil for lines as they were appended.
    public var damage: String?

    public init(first: Int64, count: Int, oldestAppendedAt: Int64, damage: String? = nil) {
        self.first = first
        self.count = count
        self.oldestAppendedAt = oldestAppendedAt
        self.damage = damage
    }
}

/// What waits behind a committed position.
public struct Backlog: Sendable, Equatable {
    public var events: Int64
    public var bytes: Int64
    /// Age of the oldest waiting event; 0 for none.
    public var oldestAgeMilliseconds: Int64

    public init(events: Int64, bytes: Int64, oldestAgeMilliseconds: Int64) {
        self.events = events
        self.bytes = bytes
        self.oldestAgeMilliseconds = oldestAgeMilliseconds
    }
}

/// The Loader's side. All calls block: make them from a thread of your own.
///
/// No position is ever used for two lines, whatever file is lost: a log that is put in the place of another begins beyond
/// all that was handed out of that one (`read`) before a `commit`. One whose damage was mended keeps its identity and
/// the positions of what was saved; what was lost is a gap.
public protocol EventLogReader: AnyObject, Sendable {
    /// Which log this is: what tells it from another that may have been put in its place (`CommittedPosition.log`).
    func identity() throws(ReadError) -> UUID

    /// The partitions of `topic` that this process reads now.
    func partitions(_ topic: Topic) throws(ReadError) -> [TopicPartition]

    func committed(_ partition: TopicPartition) throws(ReadError) -> CommittedPosition

    /// Appends the lines from `position` on to `buffer`, up to `limit`, in order; the first line even where it alone is
    /// over `limit.bytes`. The same range reads the same bytes, always, but for what was damaged between two reads: see
    /// `ReadResult` for that, and for positions that the log does not hold. Lines are handed out as they were appended or
    /// told to be damaged, never anything else.
    func read(_ partition: TopicPartition, from position: Int64, limit: ReadLimit, into buffer: ByteBuffer)
        throws(ReadError) -> ReadResult

    /// Durable before it returns, and with it how far lines were handed out. What lies below `position.next` may be
    /// trimmed. `position.log` should be the identity that was asked before the lines were read.
    func commit(_ partition: TopicPartition, _ position: CommittedPosition) throws(ReadError)

    func backlog(_ partition: TopicPartition) throws(ReadError) -> Backlog

    /// The position that the next line will get: everything that was appended before now lies below it.
    func end(_ partition: TopicPartition) throws(ReadError) -> Int64

    func close()
}

public enum ReadError: Error, Sendable, Equatable {
    /// Worth trying again: the writer has not made the log yet, it is busy, brokers are away.
    case unavailable(String)
    /// Not worth it until somebody has seen to it: damaged as a whole, or not a log of ours.
    case damaged(String)
}
