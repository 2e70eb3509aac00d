/// What a field of an event may hold. The numbers here are the limits; docs/events.md and openapi.json repeat them
/// and are tested against them.
public enum FieldType: Sendable, Equatable {
    /// A string of this many characters (Unicode scalars), without NUL.
    case text(min: Int, max: Int)
    /// A finite number in this range; `above` excludes the lower bound itself.
    case number(min: Double, max: Double, above: Bool = false)
    case uuid
    /// Unix seconds, Unix milliseconds or RFC 3339.
    case time
    /// "HH:MM:SS[.ffffff]" or seconds. Two columns: `timecode` (text) and `position` (seconds).
    case timecode
    /// [[from, to], …]: half-open intervals of film seconds, at most this many.
    case intervals(max: Int)
    /// A JSON object of at most this many bytes.
    case object(bytesMax: Int)
    /// Known and left out: it never comes from a client.
    case ignored
}

public struct EventField: Sendable, Equatable {
    public let name: String
    public let type: FieldType
    public let required: Bool

    init(_ name: String, _ type: FieldType, required: Bool = false) {
        self.name = name
        self.type = type
        self.required = required
    }
}

/// The fields of every event, declared once.
public enum EventFields {
    /// Fields that every kind has. Their order is that of `CommonField`.
    public static let common: [EventField] = [
        EventField("event_id", .uuid),
        EventField("time", .time),
        EventField("sent_at", .time),
        EventField("anonymous_id", .text(min: 0, max: 128)),
        EventField("session_id", .text(min: 0, max: 128)),
        EventField("platform", .text(min: 0, max: 64)),
        EventField("app_version", .text(min: 0, max: 64)),
        EventField("type", .text(min: 1, max: 16)),
        EventField("user_id", .ignored),
    ]

    /// A kind's own fields, in the order of its table's columns.
    public static func own(_ kind: EventKind) -> [EventField] {
        let film = 0.0...Double(Timecode.secondsMax)
        switch kind {
        case .click:
            return [
                EventField("obj_id", .text(min: 1, max: 512), required: true),
                EventField("url", .text(min: 0, max: 2048)),
                EventField("x", .number(min: -1e9, max: 1e9)),
                EventField("y", .number(min: -1e9, max: 1e9)),
                EventField("text", .text(min: 0, max: 512)),
            ]
        case .page:
            return [
                EventField("url", .text(min: 1, max: 2048), required: true),
                EventField("duration", .number(min: 0, max: 31 * 86_400), required: true),
                EventField("title", .text(min: 0, max: 512)),
                EventField("referrer", .text(min: 0, max: 2048)),
                EventField("scroll", .number(min: 0, max: 100)),
            ]
        case .film:
            return [
                EventField("film_id", .uuid, required: true),
                EventField("timecode", .timecode, required: true),
                EventField("view_id", .text(min: 0, max: 128)),
                EventField("duration", .number(min: film.lowerBound, max: film.upperBound, above: true)),
                EventField("watched", .intervals(max: 1000)),
                EventField("rate", .number(min: 0, max: 16, above: true)),
                EventField("quality", .text(min: 0, max: 32)),
            ]
        case .custom:
            return [
                EventField("name", .text(min: 1, max: 128)),
                EventField("information", .object(bytesMax: 32_768), required: true),
            ]
        }
    }
}

/// Places of the common fields.
enum CommonField {
    static let eventID = 0
    static let time = 1
    static let sentAt = 2
    static let anonymousID = 3
    static let appVersion = 6
    static let type = 7
    static let count = 9
}

/// Places of a film's own fields, behind the common ones.
enum FilmField {
    static let filmID = CommonField.count
    static let timecode = CommonField.count + 1
    static let viewID = CommonField.count + 2
    static let duration = CommonField.count + 3
    static let watched = CommonField.count + 4
    static let rate = CommonField.count + 5
}

/// Bounds on one event, whichever way it comes in.
public struct EventLimits: Sendable {
    /// The longest canonical line (and the longest body of a single event).
    public var lineBytesMax: Int
    /// How deep its arrays and objects may be nested.
    public var depthMax: Int

    public static let extraFieldsMax = 64
    public static let extraBytesMax = 16_384

    public init(lineBytesMax: Int = 65_536, depthMax: Int = 32) {
        self.lineBytesMax = lineBytesMax
        self.depthMax = depthMax
    }
}
