import EventLog
import Events
import Glibc
import Platform
import Testing

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    /// - Parameter inMemory: where syncing costs nothing.
    init(inMemory: Bool = false) {
        var template = Array("\(inMemory ? "/dev/shm" : "/tmp")/cinelog-log-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit {
        for name in names { unlink(path + "/" + name) }
        rmdir(path)
    }

    var names: [String] { (try? FileTree.names(in: path)) ?? [] }

    func size(_ name: String) -> Int {
        var status = stat()
        return stat(path + "/" + name, &status) == 0 ? Int(status.st_size) : 0
    }

    func bytes(_ name: String) -> [UInt8] {
        guard let file = fopen(path + "/" + name, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: size(name))
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    func write(_ bytes: [UInt8], to name: String) {
        guard let file = fopen(path + "/" + name, "w") else { return }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
}

/// Takes answers and lets a test wait for them.
final class Answers: AppendWaiter {
    private let outcomes = Condition<[AppendOutcome]>([])

    func appended(_ outcome: AppendOutcome) {
        outcomes.withLock { $0.append(outcome) }
        outcomes.broadcast()
    }

    /// Waits for so many, then answers all there are.
    func wait(for count: Int = 1) -> [AppendOutcome] {
        outcomes.wait(atMost: 60_000, until: { $0.count >= count }) { $0 }
    }

    var now: [AppendOutcome] { outcomes.withLock { $0 } }
}

extension AppendOutcome {
    var isDurable: Bool { error == nil }

    var error: AppendError? {
        switch self {
        case .durable: nil
        case .failed(let error): error
        }
    }
}

extension EventLines {
    /// One line of each text.
    convenience init(_ kind: EventKind, _ texts: [String]) {
        self.init()
        add(kind, texts)
    }

    func add(_ kind: EventKind, _ texts: [String]) {
        for text in texts {
            buffer(kind).append(text)
            buffer(kind).append(UInt8(0x0A))
            lineAdded(kind)
        }
    }

    /// `count` lines of `bytes` bytes each, newline included.
    static func filled(_ kind: EventKind, count: Int, bytes: Int) -> EventLines {
        EventLines(kind, Array(repeating: String(repeating: "x", count: bytes - 1), count: count))
    }
}

/// What happened to a log that failed.
final class Fatalities: Sendable {
    private let reasons = Condition<[String]>([])
    func add(_ reason: String) {
        reasons.withLock { $0.append(reason) }
        reasons.broadcast()
    }
    var now: [String] { reasons.withLock { $0 } }
    func wait() -> [String] { reasons.wait(atMost: 60_000, until: { !$0.isEmpty }) { $0 } }
}

let quiet = Logger(source: "test", level: .error)

func options(_ folder: TemporaryFolder, _ change: (inout SQLiteLogOptions) -> Void = { _ in }) -> SQLiteLogOptions {
    var options = SQLiteLogOptions(directory: folder.path, onFatal: { _ in })
    options.freeBytesMin = 0
    change(&options)
    return options
}

func openWriter(
    _ folder: TemporaryFolder, metrics: MetricsRegistry = MetricsRegistry(),
    _ change: (inout SQLiteLogOptions) -> Void = { _ in }
) throws -> SQLiteLogWriter {
    try SQLiteLogWriter(options(folder, change), metrics: metrics, logger: quiet)
}

extension SQLiteLogWriter {
    /// Appends and waits for the answer.
    func appendAndWait(_ lines: EventLines) throws -> AppendOutcome {
        let answers = Answers()
        try append(lines, waiter: answers)
        return answers.wait().first ?? .failed(.unavailable("no answer within a minute"))
    }

    /// Appends lines that must become durable.
    func store(_ kind: EventKind, _ texts: [String]) throws {
        let outcome = try appendAndWait(EventLines(kind, texts))
        if let error = outcome.error { throw error }
    }
}

extension SQLiteLogReader {
    /// The lines from `position` on, in one read.
    func lines(
        _ kind: EventKind, from position: Int64 = 0, events: Int = .max, bytes: Int = .max, last: Int64? = nil
    ) throws -> (first: Int64, texts: [String]) {
        let buffer = ByteBuffer()
        let limit = ReadLimit(events: events, bytes: bytes, last: last)
        let result = try read(TopicPartition(kind), from: position, limit: limit, into: buffer)
        let texts = buffer.string.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
        guard texts.count == result.count else { throw ReadError.damaged("\(texts.count) lines, not \(result.count)") }
        return (result.first, texts)
    }

    func commit(_ kind: EventKind, next: Int64, note: String = "") throws {
        try commit(TopicPartition(kind), CommittedPosition(next: next, note: note))
    }
}

/// Asks again until it holds; for what another thread brings about in its own time.
func expectEventually(
    sourceLocation: SourceLocation = #_sourceLocation, _ holds: () throws -> Bool
) rethrows {
    let deadline = Clock.monotonicMilliseconds() + 30_000
    while Clock.monotonicMilliseconds() < deadline {
        if try holds() { return }
        usleep(2000)
    }
    let holdsNow = try holds()
    #expect(holdsNow, "not within 30 seconds", sourceLocation: sourceLocation)
}

func unlinkFile(_ folder: TemporaryFolder, _ name: String) { unlink(folder.path + "/" + name) }
