import EventLog
import Events
import Loader
import Platform
import Synchronization
import TestSupport
import Testing
import Warehouse

/// A log in a folder of its own, the shared warehouse, and the rows of one test, told by their `anonymous_id`.
final class Site: Sendable {
    let folder = Service.temporaryFolder()
    let warehouse: FaultyWarehouse
    let mark = "mark-\(UInt64.random(in: 0 ... .max))"
    /// Of the latest loader.
    private let registry = Mutex(MetricsRegistry())
    private let writer: Mutex<SQLiteLogWriter?>
    private let identifiers = Mutex(UUIDGenerator())

    /// - Parameter withLog: false: the log is not there yet.
    init(withLog: Bool = true) throws {
        warehouse = FaultyWarehouse(try #require(LoadingTests.engine))
        writer = Mutex(nil)
        if withLog { try makeLog() }
    }

    deinit {
        writer.withLock { $0?.close() }
        _ = Service.shell("rm -rf '\(folder)'")
    }

    // MARK: The log

    func makeLog() throws {
        let options = SQLiteLogOptions(directory: folder, onFatal: { Issue.record("the log failed: \($0)") })
        let opened = try SQLiteLogWriter(options, metrics: MetricsRegistry(), logger: quiet)
        writer.withLock { $0 = opened }
    }

    /// Another log, as after somebody has moved the old one away.
    func replaceLog() throws {
        writer.withLock {
            $0?.close()
            $0 = nil
        }
        _ = Service.shell("rm -f '\(folder)'/log.sqlite*")
        try makeLog()
    }

    func reader() throws -> SQLiteLogReader { try SQLiteLogReader(directory: folder) }

    /// A canonical line of an event of this test's.
    func line(_ kind: EventKind, identifier: String? = nil) -> String {
        let id = identifier ?? identifiers.withLock { $0.next(unixMilliseconds: Clock.unixMilliseconds()) }.description
        let own =
            switch kind {
            case .click: #""obj_id":"button""#
            case .page: #""url":"/films","duration":16"#
            case .film:
                #""film_id":"b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89","timecode":"00:00:01.000000","position":1"#
            case .custom: #""name":"search","information":{"a":1}"#
            }
        return #"{"event_id":"\#(id)","user_id":"\#(UUID.none)","time":"2026-11-24 01:46:00.123","#
            + #""received_at":"2026-11-24 01:46:00.125","anonymous_id":"\#(mark)",\#(own)}"#
    }

    /// Appends lines in one commit of the log, and waits until they are durable.
    func append(_ kind: EventKind, _ texts: [String]) async throws { try await append(Topic(kind), texts) }

    func append(_ topic: Topic, _ texts: [String]) async throws {
        let lines = EventLines()
        for text in texts {
            lines.buffer(topic).append(text)
            lines.buffer(topic).append(UInt8(0x0A))
            lines.lineAdded(topic)
        }
        let writer = try #require(writer.withLock { $0 })
        let outcome = await withCheckedContinuation { continuation in
            do throws(AppendError) {
                try writer.append(lines, waiter: Waiter(continuation))
            } catch {
                continuation.resume(returning: .failed(error))
            }
        }
        if case .failed(let error) = outcome { throw error }
    }

    func append(_ kind: EventKind, count: Int) async throws {
        try await append(kind, (0..<count).map { _ in line(kind) })
    }

    private final class Waiter: AppendWaiter {
        private let continuation: CheckedContinuation<AppendOutcome, Never>
        init(_ continuation: CheckedContinuation<AppendOutcome, Never>) { self.continuation = continuation }
        func appended(_ outcome: AppendOutcome) { continuation.resume(returning: outcome) }
    }

    // MARK: What became of it

    /// The rows of a table as they lie there, copies included; each with its values, tabs between.
    func rows(_ select: String) throws -> [String] {
        try warehouse.text(select).split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }

    /// Rows of this test's, copies included, and different events among them.
    func stored(_ kind: EventKind) throws -> String {
        try rows("SELECT count(), uniqExact(event_id) FROM \(kind.topic)_local WHERE anonymous_id = '\(mark)'").joined()
    }

    /// What `stored` says of so many events, each there once.
    static func once(_ count: Int) -> String { "\(count)\t\(count)" }

    func committed(_ kind: EventKind) throws -> CommittedPosition {
        let reader = try reader()
        defer { reader.close() }
        return try reader.committed(TopicPartition(kind))
    }

    func isLoaded(_ kind: EventKind, upTo next: Int64) throws -> Bool {
        let committed = try committed(kind)
        return committed.next == next && committed.note.isEmpty
    }

    /// A metric of the latest loader's; 0 where it is not there.
    func metric(_ series: String) -> Double {
        let line = registry.withLock { $0 }.render().split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return line.flatMap { Double($0.dropFirst(series.count + 1)) } ?? 0
    }

    func inserts(_ kind: EventKind) -> [FaultyWarehouse.Insert] {
        warehouse.inserts.filter { $0.target == .events(kind) }
    }

    // MARK: Loading

    /// Starts a loader, as a new process would.
    func load(
        _ log: (any EventLogReader)? = nil, _ change: (inout LoaderOptions) -> Void = { $0.ageMaxMilliseconds = 20 }
    ) throws -> Loading {
        var options = LoaderOptions()
        options.pollMilliseconds = 10
        change(&options)
        let log = try log ?? reader()
        let metrics = MetricsRegistry()
        registry.withLock { $0 = metrics }
        return Loading(
            Loader(log: log, warehouse: warehouse, options: options, metrics: metrics, logger: quiet), log)
    }

    /// Loads until the position is reached, and stops.
    func loadAll(
        _ kind: EventKind, upTo next: Int64, _ change: (inout LoaderOptions) -> Void = { $0.ageMaxMilliseconds = 20 }
    ) async throws {
        let loading = try load(nil, change)
        try await eventually { try isLoaded(kind, upTo: next) }
        await loading.stop()
    }
}

/// A loader at work.
final class Loading: Sendable {
    let loader: Loader
    private let log: any EventLogReader
    private let task: Task<Void, Never>

    init(_ loader: Loader, _ log: any EventLogReader) {
        self.loader = loader
        self.log = log
        task = Task { await loader.run() }
    }

    deinit { task.cancel() }

    /// Answers how long stopping took, milliseconds.
    @discardableResult
    func stop() async -> UInt64 {
        let started = Clock.monotonicMilliseconds()
        task.cancel()
        await task.value
        log.close()
        return Clock.monotonicMilliseconds() - started
    }
}

/// Asks again until it holds; for what others bring about in their own time.
func eventually(
    within milliseconds: UInt64 = 60_000, sourceLocation: SourceLocation = #_sourceLocation, _ holds: () throws -> Bool
) async throws {
    let deadline = Clock.monotonicMilliseconds() + milliseconds
    while try !holds() {
        guard Clock.monotonicMilliseconds() < deadline else {
            Issue.record("not within \(milliseconds) ms", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// In place of an event_id: as long as one, so that only the engine sees that it is none.
let poison = "zzzzzzzz-0000-7000-8000-00000000000z"
