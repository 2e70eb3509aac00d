public import Events
import Platform
public import Schemas
public import Warehouse

/// Puts quarantined events through the rules of today: those that pass go into their table under their old identity, time of
/// arrival and user; the others stay, with today's reason.
///
/// Page by page, in the order of the log's positions. For each page: the events, then what the ledger says of their
/// positions, then the quarantine's own rows. So an interruption leaves events that are in their table and still in
/// quarantine: the next run finds them there and takes no second copy. Any number of runs ends like one.
public final class Replay {
    private let pages: QuarantinePages
    private let check: Recheck
    private let writer: ReplayWriter
    private let options: ReplayOptions

    /// - Parameters:
    ///   - limits: the rules' settings of today.
    ///   - schemas: what custom events are held against; nil: nothing.
    public init(
        _ warehouse: any Warehouse, limits: EventLimits, schemas: SchemaRegistry? = nil,
        options: ReplayOptions = ReplayOptions()
    ) {
        pages = QuarantinePages(warehouse, options)
        check = Recheck(limits, schemas)
        writer = ReplayWriter(warehouse)
        self.options = options
    }

    /// Blocks until all is read, or `report` wants no more.
    ///
    /// - Parameter report: told after each page what has been done so far; false stops.
    /// - Returns: what has been done. All of it stays done where this throws, and the next run goes on from there.
    @discardableResult
    public func run(_ report: (ReplayProgress) -> Bool = { _ in true }) throws(WarehouseError) -> ReplayProgress {
        var progress = ReplayProgress()
        for stream in try pages.streams() {
            var position: Int64 = -1
            while let page = try pages.page(stream, after: position) {
                position = page.last
                try replay(page, stream, &progress)
                guard report(progress) else { return progress }
            }
        }
        return progress
    }

    private func replay(_ page: QuarantinePage, _ stream: QuarantineStream, _ progress: inout ReplayProgress)
        throws(WarehouseError)
    {
        check.clear()
        var batch = ReplayBatch(stream)
        for row in page.rows {
            progress.read += 1
            switch check.read(row, stream) {
            case .passed(let event): batch.passed.append(event)
            case .failed(let error): batch.failed.append((row, error))
            case .unreadable: progress.refused += 1
            }
        }
        try writer.findStored(&batch, check)
        progress.alreadyThere += batch.stored.count
        if !options.isDryRun {
            try writer.insertEvents(&batch, check)
            try writer.note(batch)
        }
        progress.replayed += batch.passed.count
        progress.refused += batch.failed.count
    }
}

/// What a replay is to look at, and how.
public struct ReplayOptions: Sendable {
    /// Only what came in since then.
    public var since: Timestamp?
    /// Only events of this kind.
    public var kind: EventKind?
    /// Look and count, change nothing.
    public var isDryRun = false
    /// Bounds of one page, and so of its memory; a row that is longer alone is a page of its own.
    public var pageRowsMax = 2_000
    public var pageBytesMax = 16 << 20

    public init() {}
}

/// What became of the quarantined events that were looked at.
public struct ReplayProgress: Equatable, Sendable {
    public var read = 0
    /// Went into their table.
    public var replayed = 0
    /// Were in their table already: sent again by their client, or by a replay that was interrupted.
    public var alreadyThere = 0
    /// Failed again.
    public var refused = 0

    public init() {}
}

/// The events of one page, by what becomes of them. Those that pass and were not stored yet, those that pass and were,
/// those that fail.
struct ReplayBatch {
    let stream: QuarantineStream
    var passed: [PassedEvent] = []
    var stored: [PassedEvent] = []
    var failed: [(row: QuarantineRow, error: EventError)] = []

    init(_ stream: QuarantineStream) { self.stream = stream }
}
