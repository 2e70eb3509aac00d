public import Events

/// What is worked out of an event once and stored with it: the number of its viewer, the slice of its identity
/// (docs/decisions/0014-viewers-and-copies.md).
extension Dialect {
    private static let viewerColumn = "viewer"

    /// On a cluster it is worked out as it is asked for.
    private var storesViewer: Bool { cluster == nil }

    /// The kinds whose viewers are counted by the event. (Of films `watched` tells them.)
    private static let kindsWithViewer: [EventKind] = [.click, .page, .custom]

    /// What the engine works out of a row as it is inserted, as columns of a table's definition. No statement names them
    /// that inserts, and `SELECT *` passes over them.
    func computedColumns(_ table: Table) -> [String] {
        guard storesViewer, let kind = EventKind.allCases.first(where: { EventTable.of($0) == table }) else {
            return []
        }
        return (Dialect.kindsWithViewer.contains(kind) ? [viewerDefinition] : []) + [Dialect.sliceDefinition]
    }

    private var viewerDefinition: String {
        "\(Dialect.viewerColumn) UInt64 MATERIALIZED \(viewerMark(hasViewing: false)) CODEC(ZSTD(1)) "
            + "COMMENT 'The viewer as a number: user, else device, else visit'"
    }

    private static let sliceDefinition =
        "\(sliceColumn) UInt32 MATERIALIZED toUInt32(bitShiftRight(toUInt128(event_id), \(64 + SliceSet.bitsLeftOut))) "
        + "CODEC(Delta, ZSTD(1)) COMMENT 'The first 31 bits of event_id: 131 seconds of a UUIDv7'"

    static let sliceColumn = "slice"

    /// Adds the columns to tables that were made without them. What is stored is given them in the background; until then they are
    /// worked out as they are read.
    func addComputed() -> [String] {
        EventTable.all.flatMap { table in
            let (name, definitions) = (table.storageName, computedColumns(table))
            // All are added first: a change of the table waits for what is being stored.
            return definitions.map { "ALTER TABLE \(name) ADD COLUMN IF NOT EXISTS \($0)" }
                + definitions.map { "ALTER TABLE \(name) MATERIALIZE COLUMN \($0.prefix { $0 != " " })" }
        }
    }

    /// `viewer`: the number of the viewer that an event is of, stored or worked out (`viewerMark`), of rows as they are stored.
    public func viewerColumn(_ kind: EventKind) -> String {
        let isStored = storesViewer && Dialect.kindsWithViewer.contains(kind)
        return isStored ? Dialect.viewerColumn : "\(viewerMark(hasViewing: kind == .film)) AS viewer"
    }
}
