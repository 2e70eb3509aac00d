import EventLog
import Events
import Glibc
import Platform
import TestSupport

/// Lines that no collector would have let through, put into the log by its own writer.
enum PoisonedLog {
    private static let key = "poisoned"
    private static let linesAtOnce = 20_000

    private final class Waiter: AppendWaiter {
        private let outcome = Condition<Bool?>(nil)
        func appended(_ outcome: AppendOutcome) {
            if case .durable = outcome { tell(true) } else { tell(false) }
        }
        private func tell(_ isDurable: Bool) {
            outcome.withLock { $0 = isDurable }
            outcome.broadcast()
        }
        var isDurable: Bool { outcome.wait(until: { $0 != nil }) { $0 == true } }
    }

    private static func line(_ identifier: String) -> String {
        #"{"event_id":"\#(identifier)","user_id":"\#(UUID.none)","time":"2026-11-24 01:46:00.123","#
            + #""received_at":"2026-11-24 01:46:00.125","obj_id":"\#(key)"}"# + "\n"
    }

    /// Appends clicks: `good` of them, and `bad` ones, whose identifier is none, spread evenly among them.
    static func append(to folder: String, good: Int, bad: Int) throws {
        var options = SQLiteLogOptions(directory: folder, onFatal: { _ in })
        options.freeBytesMin = 0
        let writer = try SQLiteLogWriter(
            options, metrics: MetricsRegistry(), logger: Logger(source: "test", level: .error))
        defer { writer.close() }
        var identifiers = UUIDGenerator()
        let all = good + bad
        // A few commits of what the log's queue takes at once.
        for start in stride(from: 0, to: all, by: linesAtOnce) {
            let lines = EventLines()
            for place in start..<min(start + linesAtOnce, all) {
                let isBad = place * bad / all != (place + 1) * bad / all
                lines.buffer(.click).append(
                    line(isBad ? "zz" : "\(identifiers.next(unixMilliseconds: Clock.unixMilliseconds()))"))
                lines.lineAdded(EventKind.click)
            }
            let waiter = Waiter()
            try writer.append(lines, waiter: waiter)
            guard waiter.isDurable else { throw Service.Failure(description: "the log takes nothing") }
        }
    }

    /// The good ones are in their table, the bad ones in quarantine, each once.
    static func check(_ service: Service, good: Int, bad: Int, within milliseconds: UInt64 = 20_000) -> [String] {
        let expected = ["\(good)\t\(good)\t\(bad)"]
        let rows = try? service.rows(
            """
            SELECT count(), uniqExact(event_id),
            (SELECT count() FROM quarantine WHERE position(payload, '"obj_id":"\(key)"') > 0)
            FROM clicks WHERE obj_id = '\(key)'
            """, within: milliseconds, until: { $0 == expected })
        return rows == expected ? [] : ["poisoned log: \(rows ?? ["no answer"]), not \(expected)"]
    }
}
