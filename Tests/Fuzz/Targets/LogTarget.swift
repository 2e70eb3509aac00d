import EventLog
import Events
import Glibc
import Platform

/// A damaged log: opened, salvaged where it must be, read, written to, and opened again. Nothing that was never appended is read, and
/// sooner or later events are taken again.
///
/// The first byte says what the rest is: changes to a whole log with its WAL, changes to one without, the bytes of a database, or
/// the bytes of a WAL beside a whole database.
struct LogTarget: FuzzTarget {
    /// How often a log may be found damaged while it is open, and be opened again.
    private static let roundsMax = 4

    private let specimen = LogSpecimen()
    private let folder = WorkingFolder()

    func take(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let rest = UnsafeRawBufferPointer(rebasing: input.dropFirst())
        var files = first & 1 == 0 ? specimen.withWAL : specimen.closed
        switch first & 3 {
        case 0, 1: LogChange.apply(rest, to: &files)
        case 2: files = ["log.sqlite": Array(rest)]
        default: files["log.sqlite-wal"] = Array(rest)
        }
        folder.fill(files)
        examine(isRaw: first & 3 == 2)
        folder.clear()
    }

    /// - Parameter isRaw: the database is the input's: it may be somebody else's, or empty.
    private func examine(isRaw: Bool) {
        for _ in 0..<LogTarget.roundsMax {
            let isFatal = Condition(false)
            var options = SQLiteLogOptions(directory: folder.path) { _ in isFatal.withLock { $0 = true } }
            (options.freeBytesMin, options.tellsDamage, options.upkeepMilliseconds) = (0, false, 3_600_000)
            let writer: SQLiteLogWriter
            do throws(LogOpenError) {
                writer = try SQLiteLogWriter(options, metrics: MetricsRegistry(), logger: specimen.logger)
            } catch {
                precondition(!"\(error)".isEmpty)
                return  // A file that is not ours is left alone.
            }
            let isWritten = append(to: writer)
            let isRead = isWritten && read()
            writer.close()
            if isWritten, isRead { return }
        }
        fatalError("the log takes no events after \(LogTarget.roundsMax) starts: \(folder.path)")
    }

    private func append(to writer: SQLiteLogWriter) -> Bool {
        let lines = EventLines()
        for topic in Topic.allCases {
            lines.buffer(topic).append(LogSpecimen.newLine)
            lines.lineAdded(topic)
        }
        let answer = LogAnswer()
        do { try writer.append(lines, waiter: answer) } catch { return false }
        return answer.isDurable()
    }

    /// Whether all could be read to the end.
    private func read() -> Bool {
        do {
            let reader = try SQLiteLogReader(directory: folder.path)
            defer { reader.close() }
            for topic in Topic.allCases { try read(topic, reader) }
            return true
        } catch { return false }
    }

    private func read(_ topic: Topic, _ reader: SQLiteLogReader) throws {
        let buffer = ByteBuffer()
        var position: Int64 = 0
        for _ in 0..<10_000 {
            buffer.clear()
            let limit = ReadLimit(events: 1000, bytes: 1 << 20)
            let result = try reader.read(TopicPartition(topic), from: position, limit: limit, into: buffer)
            if result.damage == nil {
                for line in buffer.string.split(separator: "\n") {
                    precondition(specimen.has(line), "invented: \(line.prefix(60)) in \(folder.path)")
                }
            }
            if result.count == 0 { return }
            precondition(result.first >= position, "read backwards: \(folder.path)")
            position = result.first + Int64(result.count)
        }
        fatalError("reading does not end: \(folder.path)")
    }
}

/// Waits for the one answer.
final class LogAnswer: AppendWaiter {
    private let outcome = Condition<Bool?>(nil)

    func appended(_ outcome: AppendOutcome) {
        self.outcome.withLock {
            if case .durable = outcome { $0 = true } else { $0 = false }
        }
        self.outcome.broadcast()
    }

    func isDurable() -> Bool {
        guard let isDurable = outcome.wait(atMost: 30_000, until: { $0 != nil }, then: { $0 }) else {
            fatalError("no answer within 30 s")
        }
        return isDurable
    }
}
