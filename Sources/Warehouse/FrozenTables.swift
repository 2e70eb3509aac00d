/// A warehouse whose tables lie in files of this machine, and can be held fast while they are in use.
public protocol FreezableWarehouse: Warehouse {
    /// Holds fast what every table holds now: milliseconds, by hard links, until `thaw`. One moment for each table: for all of
    /// them only while nothing is inserted. Replaces what was held fast before.
    func freeze() throws(WarehouseError) -> FrozenTables

    /// Lets go of it.
    func thaw() throws(WarehouseError)
}

/// Files that make a warehouse's folder with the tables as they were at one moment.
public struct FrozenTables: Sendable, Equatable {
    public struct File: Sendable, Equatable {
        /// Where its bytes are.
        public let source: String
        /// Its place in a warehouse's folder.
        public let path: String
        public let bytes: Int64
    }

    public let files: [File]
    /// The schema's version.
    public let schema: Int

    public var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }
}
