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
    /// `RETENTION_DAYS` after it.
    public let versionColumn: String
    public let key: Key

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
        }
    }

    /// Every table there is.
    public static var all: [Table] { EventTable.all + [quarantine, deliveries] }
}
