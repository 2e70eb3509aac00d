import EventLog
import Events
import Warehouse

/// One plan's lines, on their way into their table.
struct LoadBatch {
    let plan: LoadPlan
    let partition: TopicPartition
    /// Which log the positions belong to.
    let log: UUID
    let lines: LineIndex
    /// Why the lines cannot be trusted, where the log did not keep them: all of them go to quarantine.
    var damage: String?
    /// The plan is another process's, which is gone: what of it is in is not known.
    var isRepetition = false
    /// Places of lines whose person has asked to be forgotten: they go nowhere.
    var forgotten: Set<Int> = []

    var topic: Topic { partition.topic }

    /// The table that the topic's lines go to.
    var target: InsertTarget { topic.kind.map { .events($0) } ?? .quarantine }

    /// One of the inserts that the batch needs.
    func insert(
        _ rows: UnsafeRawBufferPointer, into target: InsertTarget, token: String, _ warehouse: any Warehouse
    ) throws(WarehouseError) {
        if isRepetition {
            try warehouse.insertMissing(rows, into: target, token: token)
        } else {
            try warehouse.insert(rows, into: target, token: token)
        }
    }

    func position(_ line: Int) -> Int64 { plan.first + Int64(line) }

    /// A line without its newline.
    func text(_ line: Int) -> UnsafeRawBufferPointer { lines.line(line) }
}

/// Why one line of a batch is not in its table.
struct Refusal: Sendable {
    /// What the quarantine says of where a line was refused.
    enum Source: String, Sendable {
        /// By a check, when it came in.
        case rejected
        /// By the engine.
        case refused
        /// The log's disk did not keep it as it was written.
        case damaged
    }

    let source: Source
    let reason: String
}

/// The lines of a batch that were refused, by their place in it.
typealias Refusals = [Int: Refusal]
