import EventLog
import Events

/// The rows of `quarantine` for what a batch was refused: JSON lines whose keys are the table's columns.
struct QuarantineRows {
    private let batch: LoadBatch
    private let reader: LineFactsReader
    private let now: Timestamp

    init(_ batch: LoadBatch, _ reader: LineFactsReader, at now: Timestamp) {
        self.batch = batch
        self.reader = reader
        self.now = now
    }

    func write(_ refusals: Refusals, into out: ByteBuffer) {
        for (line, refusal) in refusals.sorted(by: { $0.key < $1.key }) { write(line, refusal, into: out) }
    }

    private func write(_ line: Int, _ refusal: Refusal, into out: ByteBuffer) {
        let text = batch.text(line)
        let facts = reader.read(text, batch.topic)
        writePosition(line, into: out)
        out.append(",\"kind\":\"\(facts.kind)\",\"event_id\":\"")
        out.append(facts.eventID)
        out.append("\",\"user_id\":\"")
        out.append(facts.userID)
        out.append("\",\"anonymous_id\":")
        out.appendJSON(string: facts.anonymousID)
        out.append(",\"received_at\":\"")
        out.appendClickHouse(facts.receivedAt ?? now)
        out.append("\",\"source\":\"\(refusal.source.rawValue)\",\"reason\":")
        out.appendJSON(string: refusal.reason)
        out.append(",\"payload\":")
        out.appendJSON(string: text)
        out.append("}\n")
    }

    /// Lines of the topic `rejected` are rows already, but for where and when: the Collector cannot know it.
    func writeRejected(into out: ByteBuffer) {
        for line in 0..<batch.lines.count where !batch.forgotten.contains(line) {
            writePosition(line, into: out)
            out.append(",")
            out.append(UnsafeRawBufferPointer(rebasing: batch.text(line).dropFirst()))
            out.append("\n")
        }
    }

    /// `{"topic":…,"log":…,"partition":…,"position":…,"quarantined_at":…`
    private func writePosition(_ line: Int, into out: ByteBuffer) {
        out.append("{\"topic\":\"\(batch.topic.name)\",\"log\":\"")
        out.append(batch.log)
        out.append("\",\"partition\":\(batch.partition.partition),\"position\":")
        out.appendDecimal(batch.position(line))
        out.append(",\"quarantined_at\":\"")
        out.appendClickHouse(now)
        out.append("\"")
    }
}
