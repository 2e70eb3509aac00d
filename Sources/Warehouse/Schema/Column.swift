/// A column's type as the house means it; a `Dialect` says what it is called in a server's DDL.
public enum ColumnType: Sendable, Equatable {
    case uuid
    /// Milliseconds, UTC.
    case time
    case text
    /// Text of few values.
    case label
    case number
    case wholeNumber
    /// A number, or NULL where the line has none.
    case optionalNumber
    /// Pairs of numbers: half-open intervals.
    case intervals
}

/// How a column is compressed.
public enum Compression: Sendable, Equatable {
    case general
    /// For values that grow: differences first.
    case ascending
    /// The engine's own choice (a dictionary is packed already).
    case unset
}

/// One column: its key in a canonical line is its name. A key that a line lacks means the type's own default ("", the nil
/// UUID, 0, [], NULL), so that no default has to be declared, sent or read.
public struct Column: Sendable, Equatable {
    public let name: String
    public let type: ColumnType
    public let compression: Compression
    public let comment: String
    /// What it says of a person; nil: nothing.
    public let personal: PersonalData?

    public init(_ name: String, _ type: ColumnType, _ comment: String, personal: PersonalData? = nil) {
        self.personal = personal
        self.name = name
        self.type = type
        self.comment = comment
        switch type {
        case .label: compression = .unset
        case .time: compression = .ascending
        default: compression = .general
        }
    }
}
