import Events

/// What the ledger must know of a line: whose table it belongs to, which event it is, when it came in, and whose it is.
///
/// A canonical line says the most of it at fixed places (`CanonicalLine`). Any other (a refused request's, a foreign one)
/// is parsed.
struct LineFacts {
    /// click, page, film, custom; "" where it is not known.
    var kind = ""
    /// The nil UUID where the line has none.
    var eventID = UUID.none
    var userID = UUID.none
    var anonymousID = ""
    var receivedAt: Timestamp?
}

/// Parses lines for what they say of themselves. One thread at a time.
final class LineFactsReader {
    /// More than any line has: what the Collector let in is read here, whatever its limits were.
    private let parser = JSONParser(capacityMax: 16 << 20, depthMax: 256)
    private let scratch = ByteBuffer()

    /// Everything that can be found out. A line that is no JSON object has its topic's kind only.
    func read(_ line: UnsafeRawBufferPointer, _ topic: Topic) -> LineFacts {
        var facts = LineFacts()
        facts.kind = topic.kind?.type ?? ""
        guard let value = try? parser.parse(copying: line, into: scratch), value.kind == .object else { return facts }
        if topic.kind == nil { facts.kind = value["kind"]?.string.flatMap(EventKind.init(type:))?.type ?? "" }
        facts.eventID = uuid(value["event_id"])
        facts.userID = uuid(value["user_id"])
        facts.anonymousID = value["anonymous_id"]?.string ?? ""
        if let text = value["received_at"], text.kind == .string {
            facts.receivedAt = Timestamp(clickHouse: text.stringBytes)
        }
        return facts
    }

    private func uuid(_ value: JSONValue?) -> UUID {
        guard let value, value.kind == .string else { return .none }
        return UUID(value.stringBytes) ?? .none
    }
}
