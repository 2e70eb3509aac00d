/// What is wrong with one field of an event, for the client to read.
public struct EventError: Error, Equatable, Sendable {
    /// The field's name; "" where the fault is the event's as a whole.
    public let field: String
    public let message: String

    public init(field: String, message: String) {
        self.field = field
        self.message = message
    }
}

/// Every sentence a client can get about a field.
extension EventError {
    static func missing(_ field: EventField) -> EventError {
        EventError(field: field.name, message: "is required")
    }

    static func wrong(_ field: EventField) -> EventError {
        EventError(field: field.name, message: expectation(field.type))
    }

    public static func duplicate(_ name: String) -> EventError {
        EventError(field: name, message: "stands twice in one object")
    }

    static func unknownType(_ type: String?) -> EventError {
        let known = EventKind.allCases.map(\.type).joined(separator: ", ")
        return EventError(
            field: "type", message: type == nil ? "is required: one of \(known)" : "must be one of \(known)")
    }

    static func otherType(_ kind: EventKind) -> EventError {
        EventError(field: "type", message: "must be \"\(kind.type)\" here, or left out")
    }

    static let notObject = EventError(field: "", message: "an event must be a JSON object")
    static func tooLarge(max: Int) -> EventError {
        EventError(field: "", message: "an event may have at most \(max) bytes")
    }

    static let tooManyExtraFields = EventError(
        field: "extra", message: "an event may have at most \(EventLimits.extraFieldsMax) fields of its own making")
    static let extraTooLarge = EventError(
        field: "extra",
        message: "the fields of its own making may have at most \(EventLimits.extraBytesMax) bytes together")
    static let nilEventID = EventError(field: "event_id", message: "must not be the nil UUID")
    static let timeOutOfRange = "must lie between 2000-01-01 and 2100-01-01"

    private static func expectation(_ type: FieldType) -> String {
        switch type {
        case .text(let min, let max):
            return min == 0
                ? "must be a string of at most \(max) characters, without NUL"
                : "must be a string of \(min) to \(max) characters, without NUL"
        case .number(let min, let max, let above):
            let range = "\(plain(min)) to \(plain(max))"
            return above
                ? "must be a number above \(plain(min)), up to \(plain(max))" : "must be a number from \(range)"
        case .uuid: return "must be a UUID such as \"0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89\""
        case .time: return "must be Unix seconds, Unix milliseconds, or RFC 3339 such as \"2026-01-31T12:00:00Z\""
        case .timecode: return "must be \"HH:MM:SS\", \"HH:MM:SS.ffffff\" or seconds, up to \(Timecode.secondsMax) s"
        case .intervals(let max):
            return "must be a list of at most \(max) intervals [from, to] in seconds, "
                + "0 ≤ from < to ≤ \(Timecode.secondsMax)"
        case .object(let bytesMax): return "must be a JSON object of at most \(bytesMax) bytes"
        case .ignored: return "is not taken from clients"
        }
    }

    private static func plain(_ value: Double) -> String { "\(Int64(value))" }
}

extension JSONError {
    /// The same in the words of a field's error.
    public var eventError: EventError {
        switch self {
        case .malformed(let why): EventError(field: "", message: "not valid JSON: \(why)")
        case .numberOutOfRange(let field):
            EventError(field: field, message: "a number is out of range: 64-bit integers and finite doubles are taken")
        case .tooDeep(let max): EventError(field: "", message: "arrays and objects may be nested \(max) deep")
        case .tooLarge(let max): EventError(field: "", message: "the text may have at most \(max) bytes")
        }
    }

    /// Whether the text is JSON at all (422 rather than 400).
    public var isWellFormed: Bool {
        if case .malformed = self { return false }
        return true
    }
}
