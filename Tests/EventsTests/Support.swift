import Events

/// One reader with its parser, as the Collector has them.
final class Fixture {
    let parser = JSONParser(capacityMax: 8 << 20, depthMax: EventLimits().depthMax)
    let reader = EventReader()
    let lines = EventLines()
    private let scratch = ByteBuffer()

    static let now = Timestamp(unixMilliseconds: 1_769_860_800_000)  // 2026-01-31T12:00:00Z

    func parse(_ text: String) throws(JSONError) -> JSONValue { try parse(Array(text.utf8)) }

    func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        scratch.clear()
        bytes.withUnsafeBytes { scratch.append($0) }
        scratch.reserve(JSONParser.padding)
        return try parser.parse(scratch.bytes)
    }

    func read(_ text: String, as kind: EventKind?, _ context: EventContext = EventContext(receivedAt: Fixture.now))
        throws -> EventOutcome
    {
        lines.clear()
        return reader.read(try parse(text), as: kind, context, into: lines)
    }

    /// The canonical line of an event that must be accepted.
    func line(_ text: String, as kind: EventKind, _ context: EventContext = EventContext(receivedAt: Fixture.now))
        throws
        -> String
    {
        let outcome = try read(text, as: kind, context)
        guard case .accepted = outcome else { throw Refused(outcome: outcome) }
        return lines.buffer(kind).string
    }

    /// The errors of an event that must be rejected.
    func errors(_ text: String, as kind: EventKind?) throws -> [EventError] {
        guard case .rejected(let errors) = try read(text, as: kind) else { throw NotRefused(text: text) }
        return errors
    }

    struct Refused: Error { let outcome: EventOutcome }
    struct NotRefused: Error { let text: String }
}
