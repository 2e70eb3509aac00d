import Glibc

/// The four kinds of events. A kind is one endpoint, one topic, one table.
public enum EventKind: UInt8, CaseIterable, Sendable {
    case click, page, film, custom

    /// The `"type"` in batches and the pixel's query.
    public var type: String { typeName.description }

    private var typeName: StaticString {
        switch self {
        case .click: "click"
        case .page: "page"
        case .film: "film"
        case .custom: "custom"
        }
    }

    /// The topic, and the table that analysts query (published contract).
    public var topic: String {
        switch self {
        case .click: "clicks"
        case .page: "pages"
        case .film: "views"
        case .custom: "custom_events"
        }
    }

    /// The contract's endpoint, without the trailing slash.
    public var path: String {
        switch self {
        case .click: "/clicks"
        case .page: "/pages"
        case .film: "/films"
        case .custom: "/custom_events"
        }
    }

    /// Whether `type` is this kind's: without making a `String` of it, as every event of a batch is asked.
    func isNamed(_ type: UnsafeRawBufferPointer) -> Bool {
        type.count == typeName.utf8CodeUnitCount && memcmp(type.baseAddress!, typeName.utf8Start, type.count) == 0
    }

    public init?(type: String) {
        guard let kind = EventKind.allCases.first(where: { $0.type == type }) else { return nil }
        self = kind
    }

    public init?(topic: String) {
        guard let kind = EventKind.allCases.first(where: { $0.topic == topic }) else { return nil }
        self = kind
    }
}
