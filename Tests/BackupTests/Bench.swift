import Backup
import EventLog
import Events
import Glibc
import Loader
import Platform
import Synchronization
import TestSupport
import Testing
import Warehouse

let quiet = Logger(source: "test", level: .error)

/// A DATA_DIR with the real engine, the real log and a loader at work, and a place for backups beside it.
final class Bench: Sendable {
    let place = Service.temporaryFolder()
    let warehouse: EmbeddedWarehouse
    let log: SQLiteLogReader
    let hold = LoadingHold()
    private let writer: SQLiteLogWriter
    private let loading: Mutex<Task<Void, Never>?>
    private let identifiers = Mutex(UUIDGenerator())

    var data: String { place + "/data" }
    func path(_ name: String) -> String { "\(place)/\(name)" }
    var names: [String] { ((try? FileTree.names(in: place)) ?? []).filter { $0 != "data" } }

    init() throws {
        signal(SIGPIPE, SIG_IGN)
        let folder = place + "/data"
        warehouse = try EmbeddedWarehouse(folder: folder + "/warehouse", logger: quiet)
        try warehouse.migrate()
        let options = SQLiteLogOptions(directory: folder, onFatal: { Issue.record("the log failed: \($0)") })
        writer = try SQLiteLogWriter(options, metrics: MetricsRegistry(), logger: quiet)
        log = try SQLiteLogReader(directory: folder)
        var loaderOptions = LoaderOptions()
        loaderOptions.ageMaxMilliseconds = 10
        loaderOptions.pollMilliseconds = 5
        let loader = Loader(
            log: log, warehouse: warehouse, options: loaderOptions, hold: hold, metrics: MetricsRegistry(),
            logger: quiet)
        loading = Mutex(Task { await loader.run() })
    }

    /// No plan is made or repeated any more.
    func stopLoading() async {
        let task = loading.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    func close() async {
        await stopLoading()
        writer.close()
        log.close()
        warehouse.close()
        _ = Service.shell("umount '\(place)/disk' 2>/dev/null; rm -rf '\(place)'")
    }

    /// Clicks, in one commit; `text` in each.
    func append(_ count: Int, text: String = "") async throws {
        let lines = EventLines()
        for _ in 0..<count {
            let id = identifiers.withLock { $0.next(unixMilliseconds: Clock.unixMilliseconds()) }
            lines.buffer(.click).append(
                #"{"event_id":"\#(id)","user_id":"\#(UUID.none)","time":"2026-11-24 01:46:00.123","#
                    + #""received_at":"2026-11-24 01:46:00.125","obj_id":"a","text":"\#(text)"}"# + "\n")
            lines.lineAdded(.click)
        }
        let outcome = await withCheckedContinuation { continuation in
            do throws(AppendError) {
                try writer.append(lines, waiter: Waiter(continuation))
            } catch {
                continuation.resume(returning: .failed(error))
            }
        }
        if case .failed(let error) = outcome { throw error }
    }

    private final class Waiter: AppendWaiter {
        private let continuation: CheckedContinuation<AppendOutcome, Never>
        init(_ continuation: CheckedContinuation<AppendOutcome, Never>) { self.continuation = continuation }
        func appended(_ outcome: AppendOutcome) { continuation.resume(returning: outcome) }
    }

    /// Waits until so many clicks are loaded.
    func loaded(_ count: Int) async throws {
        let deadline = Clock.monotonicMilliseconds() + 60_000
        while true {
            let committed = try log.committed(TopicPartition(.click))
            if committed.next == Int64(count), committed.note.isEmpty { return }
            guard Clock.monotonicMilliseconds() < deadline else {
                Issue.record("loading stands at \(committed)")
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// - Parameters:
    ///   - progress: told what an operator is told.
    ///   - alongside: see `BackupRun`.
    func backup(
        _ target: String, alongside: [String] = [], restMilliseconds: Int = 60_000,
        isAbandoned: @escaping () -> Bool = { false }, progress: @escaping (String) -> Void = { _ in }
    ) throws(BackupError) -> Manifest {
        let run = BackupRun(
            dataFolder: data, warehouse: warehouse, log: log, alongside: alongside, version: "test",
            hold: { [hold, log] body in
                _ = try hold.holdBetweenPlans(of: log, waitingAtMost: restMilliseconds, body)
            }, progress: progress, isAbandoned: isAbandoned)
        return try run.run(to: target)
    }
}
