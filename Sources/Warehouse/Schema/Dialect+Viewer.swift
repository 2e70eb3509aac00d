public import Events

/// The number of an event's viewer, stored with it (docs/decisions/0014-viewers-and-copies.md).
extension Dialect {
    private static let viewerColumn = "viewer"

    /// On a cluster it is worked out as it is asked for.
    private var storesViewer: Bool { cluster == nil }

    /// The kinds whose viewers are counted by the event. (Of films `watched` tells them.)
    private static let kindsWithViewer: [EventKind] = [.click, .page, .custom]

    /// What the engine works out of a row as it is inserted, as columns of a table's definition. No statement names them
    /// that inserts, and `SELECT *` passes over them.
    func computedColumns(_ table: Table) -> [String] {
        guard storesViewer, Dialect.kindsWithViewer.contains(where: { EventTable.of($0) == table }) else { return [] }
        return [viewerDefinition]
    }

    private var viewerDefinition: String {
        "\(Dialect.viewerColumn) UInt64 MATERIALIZED \(viewerMark(hasViewing: false)) CODEC(ZSTD(1)) "
            + "COMMENT 'The viewer as a number: user, else device, else visit'"
    }

    /// Adds the column to tables that were made without it. What is stored is given it in the background; until then it is worked
    /// out as it is read.
    func addViewer() -> [String] {
        guard storesViewer else { return [] }
        return Dialect.kindsWithViewer.flatMap { kind in
            let table = EventTable.of(kind).storageName
            return [
                "ALTER TABLE \(table) ADD COLUMN IF NOT EXISTS \(viewerDefinition)",
                "ALTER TABLE \(table) MATERIALIZE COLUMN \(Dialect.viewerColumn)",
            ]
        }
    }

    /// `viewer`: the number of the viewer that an event is of, stored or worked out (`viewerMark`), of rows as they are stored.
    public func viewerColumn(_ kind: EventKind) -> String {
        let isStored = storesViewer && Dialect.kindsWithViewer.contains(kind)
        return isStored ? Dialect.viewerColumn : "\(viewerMark(hasViewing: kind == .film)) AS viewer"
    }
}
