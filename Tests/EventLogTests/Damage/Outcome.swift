import EventLog
import Events
import Platform
import TestSupport
import Testing

/// What a reader finds in a topic from a position on.
struct Outcome {
    var lines: [Int64: String] = [:]
    var damaged: Set<Int64> = []
    /// Positions that the log does not hold.
    var gaps: Set<Int64> = []
    var end: Int64

    /// Reads to the end as the loading side does: past damage and gaps, never twice.
    init(_ reader: SQLiteLogReader, _ topic: Topic, from position: Int64, _ random: inout SplitMix64) throws {
        end = position
        for _ in 0..<10_000 {
            let buffer = ByteBuffer()
            let limit = ReadLimit(
                events: Int.random(in: 1...50, using: &random), bytes: Int.random(in: 1...100_000, using: &random))
            let result = try reader.read(TopicPartition(topic), from: end, limit: limit, into: buffer)
            gaps.formUnion(end..<result.first)
            let next = result.first + Int64(result.count)
            if result.damage != nil {
                damaged.formUnion(result.first..<next)
            } else {
                let texts = buffer.string.split(separator: "\n").map(String.init)
                guard texts.count == result.count else { throw ReadError.damaged("\(texts.count) of \(result.count)") }
                for (index, text) in texts.enumerated() { lines[result.first + Int64(index)] = text }
            }
            if result.count == 0 { return }
            end = next
        }
        Issue.record("reading does not end")
    }
}

/// Holds a damaged copy of a specimen against the original.
struct Examination {
    let specimen: Specimen
    let folder: TemporaryFolder
    let what: String
    private(set) var report: DamageReport?
    private(set) var lostRows: Set<Specimen.Row> = []
    private var random: SplitMix64
    /// The damage is in the WAL, perhaps in its last commit.
    private let mayBeTorn: Bool

    init(
        _ specimen: Specimen, _ what: String, seed: UInt64, mayBeTorn: Bool = false,
        _ damage: (inout [String: [UInt8]]) -> Void
    ) {
        self.mayBeTorn = mayBeTorn
        self.specimen = specimen
        self.what = what
        folder = specimen.copy(damage)
        random = SplitMix64(seed: seed)
    }

    /// Opens, reads, appends, closes, and all that again: nothing is invented, what is missing is what was told, and nothing
    /// more is lost.
    mutating func run() throws {
        let before = try round(nil)
        let after = try round(before)
        for (first, second) in zip(before, after) {
            #expect(first.lines.allSatisfy { second.lines[$0.key] == $0.value }, "\(what): lines are lost later")
        }
    }

    private mutating func round(_ earlier: [Outcome]?) throws -> [Outcome] {
        let metrics = MetricsRegistry()
        let writer = try openWriter(folder, metrics: metrics) {
            $0.upkeepMilliseconds = 3_600_000
            $0.tellsDamage = false
        }
        let reader = try SQLiteLogReader(directory: folder.path)
        if earlier == nil {
            report = writer.salvaged
            let counted = value(of: "cinelog_log_lost_events_total", in: metrics)
            #expect(Int64(counted) == report?.parts.reduce(0) { $0 + $1.lostEvents } ?? 0)
        } else {
            #expect(writer.salvaged == nil, "\(what): salvaged twice")
        }
        var outcomes: [Outcome] = []
        for topic in Topic.allCases {
            let start = try reader.committed(TopicPartition(topic)).next
            outcomes.append(try Outcome(reader, topic, from: start, &random))
            if earlier == nil { check(outcomes[outcomes.count - 1], topic, from: start) }
        }
        try append(writer, reader, &outcomes)
        writer.close()
        reader.close()
        return outcomes
    }

    private mutating func check(_ outcome: Outcome, _ topic: Topic, from start: Int64) {
        let lines = specimen.lines[Int(topic.rawValue)]
        for (position, line) in outcome.lines {
            #expect(
                position < lines.count && lines[Int(position)] == line, "\(what): \(topic.name) \(position) is invented"
            )
        }
        let missing = Set(max(start, specimen.committed[Int(topic.rawValue)])..<Int64(lines.count)).subtracting(
            outcome.lines.keys)
        for row in specimen.rows where row.topic == topic && !missing.isDisjoint(with: row.positions) {
            lostRows.insert(row)
        }
        let part = report?.parts[Int(topic.rawValue)]
        let told = Set(part?.lost.flatMap { Array($0) } ?? []).union(outcome.damaged)
        // Where the log could be opened as it was, a row that cannot be read at all is told by the read, as a gap.
        var untold = missing.subtracting(told).subtracting(report == nil ? outcome.gaps : [])
        // Whose end in the WAL is not whole is taken for torn by a loss of power, before anybody was answered.
        if report == nil, mayBeTorn {
            for row in specimen.lastCommit { if row.topic == topic { untold.subtract(row.positions) } }
        }
        if let behind = part?.unknownBehind {
            #expect(
                untold.allSatisfy { $0 >= behind }, "\(what): \(topic.name) \(untold.sorted()) are lost and not told")
        } else {
            #expect(untold.isEmpty, "\(what): \(topic.name) \(untold.sorted()) are lost and not told")
        }
        let existed = told.filter { $0 < lines.count && $0 >= specimen.committed[Int(topic.rawValue)] }
        #expect(
            existed.isSubset(of: missing),
            "\(what): \(topic.name) \(existed.subtracting(missing).sorted()) were told lost")
    }

    /// What is appended now lies beyond all that was there, and is read.
    private mutating func append(_ writer: SQLiteLogWriter, _ reader: SQLiteLogReader, _ outcomes: inout [Outcome])
        throws
    {
        let lines = EventLines()
        for topic in Topic.allCases {
            lines.buffer(topic).append("new\n" as String)
            lines.lineAdded(topic)
        }
        #expect(try writer.appendAndWait(lines).isDurable, "\(what)")
        for topic in Topic.allCases {
            let index = Int(topic.rawValue)
            let new = try Outcome(reader, topic, from: outcomes[index].end, &random)
            #expect(new.lines.values.sorted() == ["new"] && new.damaged.isEmpty, "\(what): \(topic.name) \(new)")
            outcomes[index].lines.merge(new.lines) { $1 }
        }
    }
}
