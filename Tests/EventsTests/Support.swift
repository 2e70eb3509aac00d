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

/// Repeatable random numbers for property tests (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
