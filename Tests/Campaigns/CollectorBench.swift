import EventLog
import Events
import Glibc
import Platform
import TestSupport

/// The collector alone, on a disk that fails at a chosen operation, driven through the script.
final class CollectorBench {
    private let disk: FaultFileSystem
    private let service: Service
    private var folder: String { disk.mount + "/data" }
    private var chance: Chance
    /// What the log holds to begin with.
    private let base = Deliveries()
    private var baseAcknowledged: [SentEvent] = []
    private var basePositions: [EventKind: Int64] = [:]

    /// - Parameter isNew: every run begins on an empty disk; else with a log, half of which is loaded and can be trimmed.
    init(_ names: FaultFileSystem.Names, isNew: Bool, chance: Chance) throws {
        self.chance = chance
        disk = try FaultFileSystem(names)
        service = try Service(
            "collect", ["LOG_LEVEL": "info"], folder: disk.mount + "/data", outputFolder: disk.folder,
            hasOwnGroup: true, starts: false)
        if !isNew { try fill() }
        try disk.order("save")
    }

    private func fill() throws {
        try service.start()
        let script = Script(client(base, "base"), phase: 0)
        service.stop()
        baseAcknowledged = script.acknowledged
        let reader = try SQLiteLogReader(directory: folder)
        defer { reader.close() }
        for kind in EventKind.allCases {
            basePositions[kind] = 3
            try reader.commit(TopicPartition(kind), CommittedPosition(next: 3, note: ""))
        }
    }

    private func client(_ deliveries: Deliveries, _ name: String) -> EventClient {
        EventClient(name, url: service.ingest, deliveries: deliveries, chance: chance.split())
    }

    /// How many operations a run without fault makes.
    func operationCount() throws -> Int {
        try disk.order("clear")
        try disk.order("restore")
        try disk.order("count 0")
        let deliveries = Deliveries(after: base)
        try service.start()
        let script = Script(client(deliveries, "dry"), phase: 1)
        service.stop()
        guard script.isComplete else { throw Service.Failure(description: "the script fails without fault") }
        return try disk.count
    }

    /// One run with a fault. What is wrong afterwards, in words; nil: the run was over before its operation came.
    func run(_ fault: Fault, at operation: Int) throws -> [String]? {
        try disk.order("clear")
        try disk.order("restore")
        try disk.order("chance \(chance.next() >> 1)")
        let deliveries = Deliveries(after: base)
        // Like a store that runs on while the collector dies: what processes share stays in memory.
        let reader = fault.isError ? try attachedReader() : nil
        defer { reader?.close() }
        try disk.order("arm \(fault.command(at: operation))")
        try service.launch()
        try disk.order("watch \(service.pid)")
        var acknowledged: [SentEvent] = []
        if (try? service.waitUntilReady()) != nil {
            acknowledged = Script(client(deliveries, "run"), phase: 1).acknowledged
        }
        let exitCode = service.stop()
        let struck = try disk.fired > 0
        try disk.order("clear")
        guard struck else { return nil }
        var wrong: [String] = []
        if fault.isError {
            try disk.order("evict *")
            if ![0, 74].contains(exitCode), !acknowledged.isEmpty {
                wrong.append("it ended with exit code \(exitCode)")
            }
        }
        for _ in 0..<fault.outcomes {
            let seed = chance.next() >> 1
            if fault.isCut { try disk.order("settle \(seed)") }
            wrong += try recover(acknowledged, deliveries).map { fault.isCut ? "outcome \(seed): \($0)" : $0 }
        }
        return wrong + deliveries.surprises
    }

    private func attachedReader() throws -> SQLiteLogReader {
        let reader = try SQLiteLogReader(directory: folder)
        for kind in EventKind.allCases { _ = try reader.backlog(TopicPartition(kind)) }
        return reader
    }

    /// Starts the collector again, sends one more event of each kind, and looks into the log.
    private func recover(_ acknowledged: [SentEvent], _ before: Deliveries) throws -> [String] {
        let deliveries = Deliveries(after: before)
        do {
            try service.start()
        } catch {
            return ["it does not start again: \(error)"]
        }
        let client = client(deliveries, "after")
        var last: [SentEvent] = []
        for kind in EventKind.allCases {
            let event = client.event(kind, phase: 2)
            if client.send(event) == .acknowledged { last.append(event) }
        }
        service.end(SIGKILL)
        let missing = last.count == 4 ? [] : ["events are not taken again"]
        return missing + check(baseAcknowledged + acknowledged + last, deliveries)
    }

    private func check(_ acknowledged: [SentEvent], _ deliveries: Deliveries) -> [String] {
        do {
            let log = try LogContent(folder: folder)
            return EventKind.allCases.flatMap { kind in
                check(kind, log, acknowledged.filter { $0.kind == kind }.map(\.identifier), deliveries)
            }
        } catch {
            return ["the log cannot be read: \(error)"]
        }
    }

    /// Every acknowledged event that is not trimmed is there, in the order of its acknowledgement; and nothing unknown.
    private func check(_ kind: EventKind, _ log: LogContent, _ acknowledged: [UUID], _ deliveries: Deliveries)
        -> [String]
    {
        guard let part = log.parts[kind] else { return [] }
        var wrong: [String] = []
        if part.first > basePositions[kind] ?? 0 { wrong.append("\(kind.topic): trimmed up to \(part.first)") }
        let identifiers = log.values("event_id", kind).map { UUID($0) ?? .none }
        var places: [UUID: Int] = [:]
        for (place, identifier) in identifiers.enumerated() where places[identifier] == nil {
            places[identifier] = place
        }
        let sent = [0, 1, 2].reduce(into: Set<UUID>()) { $0.formUnion(deliveries.part(kind, $1).sent) }
        if identifiers.contains(where: { !sent.contains($0) }) { wrong.append("\(kind.topic): a line was never sent") }
        // The first positions of the base may be trimmed: its events are there from the reader's position on.
        let expected = acknowledged.dropFirst(Int(min(part.first, basePositions[kind] ?? 0)))
        let found = expected.compactMap { places[$0] }
        if found.count != expected.count {
            wrong.append("\(kind.topic): \(expected.count - found.count) acknowledged events are lost")
        }
        if found != found.sorted() { wrong.append("\(kind.topic): the order is not that of the acknowledgements") }
        return wrong
    }
}
