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
    /// A date, UTC.
    case day
    /// Half-open intervals of whole seconds, each in one number (see `Table.watched`).
    case spans
    /// A number that only grows.
    case mark
}

/// What becomes of a column's values where rows with one key become one. Every one may meet the same value again.
public enum Merging: Sendable, Equatable {
    /// Each element once, at most so many.
    case union(countMax: Int)
    case least, greatest
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
    /// nil: it is part of the key, or the table keeps whole rows.
    public let merging: Merging?

    public init(
        _ name: String, _ type: ColumnType, _ comment: String, personal: PersonalData? = nil, merging: Merging? = nil
    ) {
        self.personal = personal
        self.merging = merging
        self.name = name
        self.type = type
        self.comment = comment
        switch type {
        case .label, .day: compression = .unset
        case .time: compression = .ascending
        default: compression = .general
        }
    }
}
