/// The four kinds of events. A kind is one endpoint, one topic, one table.
public enum EventKind: UInt8, CaseIterable, Sendable {
    case click, page, film, custom

    /// The `"type"` in batches and the pixel's query.
    public var type: String {
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

    public init?(type: String) {
        guard let kind = EventKind.allCases.first(where: { $0.type == type }) else { return nil }
        self = kind
    }

    public init?(topic: String) {
        guard let kind = EventKind.allCases.first(where: { $0.topic == topic }) else { return nil }
        self = kind
    }
}
