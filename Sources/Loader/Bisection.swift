import EventLog
import Events
import Platform
import Warehouse

/// Finds the lines of a batch that the warehouse refuses for their content, by halves: the good ones land in their table,
/// the bad ones in `quarantine`. Each part has a token that follows from the plan, so a repetition changes nothing.
struct Bisection {
    let plan: LoadPlan
    let partition: TopicPartition
    let lines: LineIndex
    let warehouse: any Warehouse
    let target: InsertTarget

    /// Answers how many lines were refused. `reason`: the warehouse's words on the whole.
    func run(_ reason: String) throws(LoadFailure) -> Int {
        try split(0..<lines.count, reason)
    }

    private func split(_ part: Range<Int>, _ reason: String) throws(LoadFailure) -> Int {
        guard part.count > 1 else {
            try quarantine(part.lowerBound, reason)
            return 1
        }
        let middle = part.lowerBound + part.count / 2
        return try insert(part.lowerBound..<middle) + insert(middle..<part.upperBound)
    }

    /// A batch of many bad lines takes long: an order to stop is looked at before each part.
    private func insert(_ part: Range<Int>) throws(LoadFailure) -> Int {
        guard !Task.isCancelled else { throw .cancelled }
        do {
            try warehouse.insert(lines[part], into: target, token: plan.token(partition.topic, part))
            return 0
        } catch {
            guard case .refusedContent(let reason) = error else { throw LoadFailure(error) }
            return try split(part, reason)
        }
    }

    private func quarantine(_ line: Int, _ reason: String) throws(LoadFailure) {
        let row = ByteBuffer()
        row.append("{\"topic\":\"\(partition.topic.name)\",\"partition\":\(partition.partition)")
        row.append(",\"position\":\(plan.first + Int64(line)),\"quarantined_at\":\"")
        row.appendClickHouse(Timestamp(unixMilliseconds: Clock.unixMilliseconds()))
        row.append("\",\"reason\":")
        row.appendJSON(string: reason)
        row.append(",\"payload\":")
        row.appendJSON(string: UnsafeRawBufferPointer(rebasing: lines[line..<line + 1].dropLast()))
        row.append("}\n")
        do {
            try warehouse.insert(
                row.bytes, into: .quarantine, token: "quarantine-" + plan.token(partition.topic, line..<line + 1))
        } catch {
            throw LoadFailure(error)
        }
    }
}
