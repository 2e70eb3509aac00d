import EventLog
import Events

/// What became of a position of the log, as `deliveries` says it.
enum DeliveryOutcome: String {
    /// Its event is in its kind's table.
    case stored
    /// It is in the quarantine.
    case quarantined
    /// It was in the quarantine, and is in its kind's table now.
    case replayed
    /// It was erased at a person's request.
    case forgotten
    /// The log no longer holds it, and it was never loaded.
    case lost
}

/// The rows of `deliveries` for a batch: TabSeparated, in the table's order of columns.
///
/// Every position of the log gets its row with the same plan that carries the line itself, before the position is
/// committed: `cinelog audit` holds them against the tables.
struct DeliveryRows {
    private let batch: LoadBatch
    private let reader: LineFactsReader
    private let start: String
    private let kind: String
    private let now: Timestamp
    private let end: String

    init(_ batch: LoadBatch, _ reader: LineFactsReader, at now: Timestamp) {
        self.batch = batch
        self.reader = reader
        let topic = batch.topic
        start = "\(topic.name)\t\(batch.log)\t\(batch.partition.partition)\t"
        kind = topic.kind?.type ?? ""
        self.now = now
        let noted = ByteBuffer()
        noted.append("\t")
        noted.appendClickHouse(now)
        noted.append("\n")
        end = noted.string
    }

    func write(_ refusals: Refusals, into out: ByteBuffer) {
        for line in 0..<batch.lines.count {
            write(line, outcome(line, refusals), into: out)
        }
    }

    private func outcome(_ line: Int, _ refusals: Refusals) -> DeliveryOutcome {
        if batch.forgotten.contains(line) { return .forgotten }
        return refusals[line] == nil && batch.topic.kind != nil ? .stored : .quarantined
    }

    private func write(_ line: Int, _ outcome: DeliveryOutcome, into out: ByteBuffer) {
        out.append(start)
        out.appendDecimal(batch.position(line))
        out.append("\t")
        if outcome == .stored, let head = CanonicalLine.head(batch.text(line)) {
            out.append(kind)
            out.append("\t")
            out.append(head.eventID)
            out.append("\t")
            out.append(head.receivedAt)
        } else {
            writeFacts(line, isNamed: outcome != .forgotten, into: out)
        }
        out.append("\t")
        out.append(outcome.rawValue)
        out.append(end)
    }

    private func writeFacts(_ line: Int, isNamed: Bool, into out: ByteBuffer) {
        let facts = reader.read(batch.text(line), batch.topic)
        out.append(facts.kind)
        out.append("\t")
        out.append(isNamed ? facts.eventID : .none)
        out.append("\t")
        // As in the quarantine: a line that does not say when it came, came now.
        out.appendClickHouse(facts.receivedAt ?? now)
    }
}
