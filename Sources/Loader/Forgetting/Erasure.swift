import EventLog
import Events
import Warehouse

/// An erasure that was asked for and is not complete. Kept durably, with the person: nothing else knows whom the lines that are
/// still to come belong to.
struct Erasure: Sendable, Equatable {
    struct End: Sendable, Equatable {
        let partition: TopicPartition
        /// Lines below this position were collected before the request.
        let position: Int64
    }

    let receipt: UUID
    let person: Person
    /// Unix milliseconds.
    let requestedAt: Int64
    /// The log that the ends are of.
    let log: UUID
    let ends: [End]
    /// The log's ends when nothing waited in a spool any more. Nil: something may, or there is no spool.
    var sentBy: [End]?
    /// Rows found by the first sweep, by table.
    var first: [String: Int64] = [:]
    /// Rows found by the last one: of plans that were under way.
    var last: [String: Int64] = [:]
    /// Whether the first sweep is done.
    var isSwept = false
    /// Whether nothing is left but remains in the log's files.
    var isClean = false

    /// Rows erased so far, by table.
    var erased: [String: Int64] { first.merging(last) { $0 + $1 } }

    /// The end of a partition in the log it was noted of; 0: nothing of it concerns this erasure.
    func end(of partition: TopicPartition, in log: UUID) -> Int64 {
        guard log == self.log else { return 0 }
        return ends.first { $0.partition == partition }?.position ?? 0
    }

    /// Notes what a sweep is about to erase. Where an interrupted one is repeated, the larger count is the true one.
    mutating func count(_ found: [String: Int64]) {
        if isSwept { last.merge(found) { max($0, $1) } } else { first.merge(found) { max($0, $1) } }
    }
}

// MARK: As it is written down

extension Erasure {
    /// One JSON object.
    var text: String {
        let out = ByteBuffer("{\"receipt\":\"\(receipt)\",")
        switch person {
        case .user(let id): out.append("\"user\":\"\(id)\"")
        case .device(let id):
            out.append("\"anonymous_id\":")
            out.appendJSON(string: id)
        }
        out.append(",\"requested_at\":\(requestedAt),\"log\":\"\(log)\",\"ends\":\(Erasure.text(ends))")
        if let sentBy { out.append(",\"sent_by\":\(Erasure.text(sentBy))") }
        out.append(",\"first\":\(first.json),\"last\":\(last.json),\"swept\":\(isSwept),\"clean\":\(isClean)}\n")
        return out.string
    }

    private static func text(_ ends: [End]) -> String {
        let members = ends.map {
            "{\"topic\":\"\($0.partition.topic.name)\",\"partition\":\($0.partition.partition),\"end\":\($0.position)}"
        }
        return "[\(members.joined(separator: ","))]"
    }

    /// Nil for text that is no list of them.
    private static func ends(_ value: JSONValue) -> [End]? {
        guard value.kind == .array else { return nil }
        let ends = value.elements.compactMap(End.init)
        return ends.count == value.memberCount ? ends : nil
    }

    /// Nil for a text that is none.
    init?(text: String) {
        let parser = JSONParser(capacityMax: 1 << 20, depthMax: 8)
        let bytes = ByteBuffer(text)
        // What is read of a value belongs to its parser.
        defer { withExtendedLifetime((parser, bytes)) {} }
        guard let value = try? parser.parse(copying: bytes.bytes, into: ByteBuffer()),
            let receipt = value["receipt"]?.string.flatMap(UUID.init), let requestedAt = value["requested_at"]?.int,
            let person = Person(value), let ends = value["ends"].flatMap(Erasure.ends),
            let log = value["log"]?.string.flatMap(UUID.init), let first = [String: Int64](value["first"]),
            let last = [String: Int64](value["last"]), let isSwept = value["swept"]?.bool,
            let isClean = value["clean"]?.bool
        else { return nil }
        self.init(
            receipt: receipt, person: person, requestedAt: requestedAt, log: log,
            ends: ends, first: first, last: last, isSwept: isSwept, isClean: isClean)
        guard let sent = value["sent_by"] else { return }
        guard let sentBy = Erasure.ends(sent) else { return nil }
        self.sentBy = sentBy
    }
}

extension Erasure.End {
    fileprivate init?(_ value: JSONValue) {
        guard let topic = value["topic"]?.string.flatMap(Topic.init(name:)), let partition = value["partition"]?.int,
            let end = value["end"]?.int
        else { return nil }
        self.init(partition: TopicPartition(topic, partition: Int32(clamping: partition)), position: end)
    }
}

extension Person {
    fileprivate init?(_ value: JSONValue) {
        if let id = value["user"]?.string.flatMap(UUID.init) {
            self = .user(id)
        } else if let id = value["anonymous_id"]?.string {
            self = .device(id)
        } else {
            return nil
        }
    }
}

extension [String: Int64] {
    fileprivate init?(_ value: JSONValue?) {
        guard let value, value.kind == .object else { return nil }
        self.init()
        var members = value.members
        while let (key, count) = members.next() { self[String(decoding: key, as: UTF8.self)] = count.int ?? 0 }
    }

    /// A JSON object of counts. The keys are names of tables.
    var json: String {
        "{" + sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }
}
