import EventLog
import Events
import Glibc
import Platform
import TestSupport

/// Takes answers and lets a test wait for them.
final class Answers: AppendWaiter {
    private let outcomes = Condition<[AppendOutcome]>([])

    func appended(_ outcome: AppendOutcome) {
        outcomes.withLock { $0.append(outcome) }
        outcomes.broadcast()
    }

    /// Waits for so many, then answers all there are.
    func wait(for count: Int = 1, milliseconds: Int = 60_000) -> [AppendOutcome] {
        outcomes.wait(atMost: milliseconds, until: { $0.count >= count }) { $0 }
    }

    var errors: [AppendError] { outcomes.withLock { $0 }.compactMap(\.error) }
}

extension AppendOutcome {
    var error: AppendError? {
        switch self {
        case .durable: nil
        case .failed(let error): error
        }
    }
}

/// A canonical line without its newline, as the Collector writes them.
func clickLine(_ number: Int, user: UUID = .none, extra: String = "") -> String {
    "{\"event_id\":\"\(eventID(number))\",\"user_id\":\"\(user)\",\"time\":\"2026-01-02 03:04:05.678\","
        + "\"received_at\":\"2026-01-02 03:04:05.678\"\(extra),\"obj_id\":\"button \(number)\"}"
}

func eventID(_ number: Int) -> UUID { UUID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | UInt64(number)) }

extension EventLines {
    convenience init(_ topic: Topic, _ texts: [String]) {
        self.init()
        for text in texts {
            buffer(topic).append(text)
            buffer(topic).append(UInt8(0x0A))
            lineAdded(topic)
        }
    }

    static func clicks(_ numbers: Range<Int>, user: UUID = .none) -> EventLines {
        EventLines(.clicks, numbers.map { clickLine($0, user: user) })
    }
}

/// A writer with a spool in a folder of its own.
final class WriterSite: Sendable {
    let folder = Service.temporaryFolder()
    let metrics = MetricsRegistry()
    let log: KafkaLogWriter

    init(_ addresses: String, _ change: (inout KafkaOptions) -> Void = { _ in }, spoolBytesMax: Int64 = 1 << 30) throws
    {
        var options = KafkaOptions(brokers: addresses)
        options.acknowledgeMilliseconds = 1000
        change(&options)
        var spool = SQLiteLogOptions(directory: folder + "/spool", onFatal: { _ in })
        spool.bytesMax = spoolBytesMax
        spool.freeBytesMin = 0
        log = try KafkaLogWriter(options, spool: spool, metrics: metrics, logger: quiet)
    }

    convenience init(
        _ brokers: Brokers, spoolBytesMax: Int64 = 1 << 30, _ change: (inout KafkaOptions) -> Void = { _ in }
    ) throws {
        try self.init(
            brokers.addresses,
            { options in
                brokers.configure(&options)
                change(&options)
            }, spoolBytesMax: spoolBytesMax)
    }

    deinit {
        log.close()
        _ = Service.shell("rm -rf '\(folder)'")
    }

    /// The value of a metric's series, as `/metrics` shows it.
    func metric(_ series: String) -> Double? {
        for line in metrics.render().split(separator: "\n") where line.hasPrefix(series + " ") {
            return Double(line.dropFirst(series.count + 1))
        }
        return nil
    }
}

let quiet = Logger(source: "test", level: getenv("CINELOG_TEST_LOG") == nil ? .error : .debug)

/// Asks until it is so, or the time is over.
func eventually(within milliseconds: UInt64 = 30_000, _ isSo: () throws -> Bool) rethrows -> Bool {
    let deadline = Clock.monotonicMilliseconds() + milliseconds
    while Clock.monotonicMilliseconds() < deadline {
        if try isSo() { return true }
        usleep(20_000)
    }
    return try isSo()
}

/// What an independent client finds in a topic, a message a line.
func kcat(_ brokers: Brokers, _ topic: Topic, format: String) -> [String] {
    kcat(brokers.addresses, brokers.topicPrefix + topic.name, format: format)
}

func kcat(_ addresses: String, _ topic: String, format: String) -> [String] {
    Service.shell("timeout 30 kcat -b \(addresses) -C -t \(topic) -e -q -f '\(format)'").output
        .split(separator: "\n").map(String.init)
}
