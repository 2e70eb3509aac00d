import EventLog
import Events
import Glibc
import Platform
import TestSupport
import Testing

/// Random histories against the simplest model: an array of lines a topic, and a committed position.
@Suite struct PropertyTests {
    private struct Topic {
        var lines: [String] = []
        var next: Int64 = 0
    }

    private final class History {
        let folder = TemporaryFolder()
        var random: SplitMix64
        var topics = EventKind.allCases.map { _ in Topic() }
        var writer: SQLiteLogWriter
        var reader: SQLiteLogReader

        init(seed: UInt64) throws {
            random = SplitMix64(seed: seed)
            writer = try History.open(folder)
            reader = try SQLiteLogReader(directory: folder.path)
        }

        private static func open(_ folder: TemporaryFolder) throws -> SQLiteLogWriter {
            try openWriter(folder) {
                $0.rowBytesMax = 2000
                $0.walRestartBytes = 256 << 10
                $0.walCheckpointBytes = 64 << 10
                $0.upkeepMilliseconds = 1
            }
        }

        func step() throws {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<50: try append()
            case 50..<80: try read()
            case 80..<92: try commit()
            case 92..<96: try reopenWriter()
            default: try reopenReader()
            }
        }

        private func append() throws {
            let lines = EventLines()
            for kind in EventKind.allCases where Bool.random(using: &random) {
                for _ in 0..<Int.random(in: 0...20, using: &random) {
                    let number = topics[Int(kind.rawValue)].lines.count
                    let padding = String(repeating: "p", count: Int.random(in: 0...300, using: &random))
                    topics[Int(kind.rawValue)].lines.append("\(kind) \(number) \(padding)")
                    lines.add(kind, [topics[Int(kind.rawValue)].lines[number]])
                }
            }
            #expect(try writer.appendAndWait(lines).isDurable)
        }

        private func read() throws {
            let kind = EventKind.allCases.randomElement(using: &random)!
            let topic = topics[Int(kind.rawValue)]
            let position = Int64.random(in: 0...Int64(topic.lines.count) + 2, using: &random)
            let events = Int.random(in: 1...200, using: &random)
            let bytes = Int.random(in: 1...20_000, using: &random)
            let last = Bool.random(using: &random) ? position + Int64.random(in: 0...100, using: &random) : nil
            let read = try reader.lines(kind, from: position, events: events, bytes: bytes, last: last)
            // Only what was committed may be gone.
            #expect(read.first == position || read.first <= topic.next)
            guard read.first < topic.lines.count else {
                #expect(read.texts.isEmpty)
                return
            }
            #expect(read.texts == expected(topic, from: read.first, events: events, bytes: bytes, last: last))
        }

        private func expected(_ topic: Topic, from first: Int64, events: Int, bytes: Int, last: Int64?) -> [String] {
            var left = bytes
            var result: [String] = []
            for (index, line) in topic.lines.enumerated().dropFirst(Int(first)) {
                left -= line.utf8.count + 1
                if result.count == events || Int64(index) > last ?? .max || (left < 0 && !result.isEmpty) { break }
                result.append(line)
            }
            return result
        }

        private func commit() throws {
            let kind = EventKind.allCases.randomElement(using: &random)!
            let index = Int(kind.rawValue)
            topics[index].next = .random(in: topics[index].next...Int64(topics[index].lines.count), using: &random)
            try reader.commit(kind, next: topics[index].next, note: "\(kind)")
            #expect(try reader.committed(TopicPartition(kind)).next == topics[index].next)
            let events = Int64(topics[index].lines.count) - topics[index].next
            #expect(try reader.backlog(TopicPartition(kind)).events == events)
        }

        private func reopenWriter() throws {
            writer.close()
            writer = try History.open(folder)
        }

        private func reopenReader() throws {
            reader.close()
            reader = try SQLiteLogReader(directory: folder.path)
        }

        /// Everything that is not committed is there, and nothing else.
        func finish() throws {
            for kind in EventKind.allCases {
                let topic = topics[Int(kind.rawValue)]
                #expect(try reader.lines(kind, from: topic.next).texts == Array(topic.lines[Int(topic.next)...]))
            }
            writer.close()
            reader.close()
        }
    }

    @Test(arguments: (0..<8).map { _ in UInt64.random(in: 0..<1 << 32) })
    func `Any history of appends, reads, commits, trims and restarts agrees with the model`(seed: UInt64) throws {
        let history = try History(seed: seed)
        for _ in 0..<400 { try history.step() }
        try history.finish()
    }
}
