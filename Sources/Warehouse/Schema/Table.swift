/// A table, declared once: DDL and the structure of inserts derive from it.
public struct Table: Sendable, Equatable {
    /// Where the rows are.
    public let storageName: String
    /// The names that are queried: views that read FINAL.
    public let viewNames: [String]
    public let columns: [Column]
    /// What queries limit their rows by: indexed.
    public let timeColumn: String
    /// When a row was accepted: of several rows with one key the latest is kept; rows lie in months of it, and are dropped
    /// so many days after it as `retention` says.
    public let versionColumn: String
    public let key: Key
    public let retention: Retention
    public let rows: Rows

    public init(
        storageName: String, viewNames: [String], columns: [Column], timeColumn: String, versionColumn: String,
        key: Key,
        retention: Retention = .events, rows: Rows = .latest
    ) {
        self.storageName = storageName
        self.viewNames = viewNames
        self.columns = columns
        self.timeColumn = timeColumn
        self.versionColumn = versionColumn
        self.key = key
        self.retention = retention
        self.rows = rows
    }

    /// What is kept of rows with one key.
    public enum Rows: Sendable, Equatable {
        /// The latest.
        case latest
        /// One, of each column what its `Merging` says.
        case merged
    }

    /// Which setting says how long rows are kept.
    public enum Retention: Sendable, Equatable {
        /// `RETENTION_DAYS`
        case events
        /// `AUDIT_DAYS`, or `RETENTION_DAYS` where that is less.
        case ledger
    }

    /// What makes two rows the same.
    public enum Key: Sendable, Equatable {
        /// A column that queries ask for first, and a UUID.
        case event(leading: String, identifier: String)
        case columns([String])
    }

    /// The table that lines go to.
    static func of(_ target: InsertTarget) -> Table {
        switch target {
        case .events(let kind): EventTable.of(kind)
        case .quarantine: quarantine
        case .deliveries: deliveries
        case .erasures: erasures
        }
    }

    /// The ClickHouse format that lines of a target are in.
    static func format(_ target: InsertTarget) -> String { target == .deliveries ? "TabSeparated" : "JSONEachRow" }

    /// Every table there is.
    public static var all: [Table] { EventTable.all + [quarantine, deliveries, erasures, watched, seen] }
}

extension InsertTarget {
    /// The table that lines go to.
    public var table: Table { Table.of(self) }
    /// The ClickHouse format that they are in.
    public var format: String { Table.format(self) }
}
