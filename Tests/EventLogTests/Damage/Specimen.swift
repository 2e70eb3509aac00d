import EventLog
import Events
import Glibc
import Platform
import TestSupport
import Testing

/// A log of all topics as a crash leaves it: part in the database, part in the WAL, part loaded and trimmed. What is in it is
/// known, line by line, so that a damaged copy can be held against it.
final class Specimen: Sendable {
    /// A row: the positions that were appended together.
    struct Row: Hashable {
        let topic: Topic
        let positions: Range<Int64>
    }

    /// By file name.
    let files: [String: [UInt8]]
    /// By topic.
    let lines: [[String]]
    let rows: [Row]
    let committed: [Int64]
    /// What was committed last.
    let lastCommit: Set<Row>

    /// - Parameter inWAL: the second half is still in the WAL; otherwise all is in the database.
    init(seed: UInt64, inWAL: Bool) throws {
        var random = SplitMix64(seed: seed)
        let folder = TemporaryFolder(inMemory: true)
        let book = Book()
        let first = try openWriter(folder) { $0.upkeepMilliseconds = 5 }
        for _ in 0..<40 { try book.append(to: first, &random) }
        let reader = try SQLiteLogReader(directory: folder.path)
        let committed = try Specimen.load(reader, book)
        try expectEventually { try reader.oldest(.clicks) > 0 && reader.oldest(.customEvents) > 0 }
        first.close()
        let second = try openWriter(folder) { $0.upkeepMilliseconds = 3_600_000 }
        for _ in 0..<40 { try book.append(to: second, &random) }
        if !inWAL { second.close() }
        files = try Specimen.snapshot(of: folder)
        second.close()
        (lines, rows, self.committed) = (book.lines, book.rows, committed)
        lastCommit = book.lastCommit
        try checkWhole()
    }

    /// The files as of one moment: the log's threads may still have been at work while they were read the first time.
    private static func snapshot(of folder: TemporaryFolder) throws -> [String: [UInt8]] {
        func read() -> [String: [UInt8]] {
            let names = folder.names.filter { $0 != "log.lock" }
            return Dictionary(uniqueKeysWithValues: names.map { ($0, folder.bytes($0)) })
        }
        var last = read()
        expectEventually {
            let before = last
            last = read()
            return last == before
        }
        return last
    }

    /// What is missing from an undamaged copy is no loss by damage.
    private func checkWhole() throws {
        let folder = copy { _ in }
        let writer = try openWriter(folder) { $0.tellsDamage = false }
        let reader = try SQLiteLogReader(directory: folder.path)
        var random = SplitMix64(seed: 0)
        for (topic, lines) in zip(Topic.allCases, lines) {
            let start = committed[Int(topic.rawValue)]
            let found = try Outcome(reader, topic, from: start, &random).lines
            let missing = (start..<Int64(lines.count)).filter { found[$0] != lines[Int($0)] }
            try #require(missing.isEmpty, "an undamaged copy lacks \(missing) of \(topic.name)")
        }
        try #require(writer.salvaged == nil)
        reader.close()
        writer.close()
    }

    /// Some of each topic was loaded: nothing, a part that ends within a row, a part that ends with one.
    private static func load(_ reader: SQLiteLogReader, _ book: Book) throws -> [Int64] {
        let log = try reader.identity()
        return try Topic.allCases.map { topic in
            let rows = book.rows.filter { $0.topic == topic }
            let row = rows[rows.count / 2]
            let next = [row.positions.upperBound, row.positions.lowerBound + 1, 0][Int(topic.rawValue) % 3]
            if next > 0 {
                let position = CommittedPosition(next: next, note: "", log: log)
                try reader.commit(TopicPartition(topic), position)
            }
            return next
        }
    }

    /// A folder with a copy, which `damage` may change before anybody opens it.
    func copy(_ damage: (inout [String: [UInt8]]) -> Void) -> TemporaryFolder {
        let folder = TemporaryFolder(inMemory: true)
        var files = files
        damage(&files)
        for (name, bytes) in files { folder.write(bytes, to: name) }
        return folder
    }

    /// What is appended, as it is appended.
    private final class Book {
        var lines: [[String]] = Topic.allCases.map { _ in [] }
        var rows: [Row] = []
        var lastCommit: Set<Row> = []

        /// One commit. Most are small; some need overflow pages.
        func append(to writer: SQLiteLogWriter, _ random: inout SplitMix64) throws {
            let batch = EventLines()
            lastCommit = []
            for topic in Topic.allCases where Int.random(in: 0..<3, using: &random) > 0 {
                let first = lines[Int(topic.rawValue)].count
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let number = lines[Int(topic.rawValue)].count
                    let isLarge = Int.random(in: 0..<20, using: &random) == 0
                    let words = Int.random(in: 3...(isLarge ? 2000 : 30), using: &random)
                    let line = String(repeating: "\(topic.name.first!)\(number).", count: words)
                    lines[Int(topic.rawValue)].append(line)
                    batch.buffer(topic).append(line + "\n")
                    batch.lineAdded(topic)
                }
                rows.append(Row(topic: topic, positions: Int64(first)..<Int64(lines[Int(topic.rawValue)].count)))
                lastCommit.insert(rows[rows.count - 1])
            }
            if let error = try writer.appendAndWait(batch).error { throw error }
        }
    }
}

extension SQLiteLogReader {
    /// The oldest position that is in the log.
    func oldest(_ topic: Topic) throws -> Int64 {
        try read(TopicPartition(topic), from: 0, limit: ReadLimit(events: 1, bytes: 1), into: ByteBuffer()).first
    }
}
