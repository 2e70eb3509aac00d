public import Events

/// What the engine works out of an event once, as its row is inserted, and stores with it
/// (docs/decisions/0014-viewers-and-copies.md, 0015-film-curves.md). No statement names it that inserts, and `SELECT *` passes over it.
/// On a cluster it is worked out as it is asked for.
struct ComputedColumn {
    let name: String
    let type: String
    let codec: String
    let comment: String
    /// Whose tables store it.
    let kinds: [EventKind]
    let value: @Sendable (_ dialect: Dialect, _ kind: EventKind) -> String
}

extension ComputedColumn {
    static let all = [viewer, slice, spans]

    /// Of films `watched` tells the viewers.
    static let viewer = ComputedColumn(
        name: "viewer", type: "UInt64", codec: "ZSTD(1)",
        comment: "The viewer as a number: user, else device, else visit", kinds: [.click, .page, .custom]
    ) { $0.viewerMark(hasViewing: $1 == .film) }

    static let slice = ComputedColumn(
        name: "slice", type: "UInt32", codec: "Delta, ZSTD(1)",
        comment: "The first 31 bits of event_id: 131 seconds of a UUIDv7", kinds: EventKind.allCases
    ) { _, _ in "toUInt32(bitShiftRight(toUInt128(event_id), \(64 + SliceSet.bitsLeftOut)))" }

    /// A quarter of the bytes of `watched`; LZ4, because a question about a film reads all of them.
    static let spans = ComputedColumn(
        name: "spans", type: "Array(UInt32)", codec: "Delta, LZ4",
        comment: "The intervals of watched in whole seconds: begin * 65536 + end", kinds: [.film]
    ) { dialect, _ in dialect.spans("watched") }

    func definition(_ dialect: Dialect, _ kind: EventKind) -> String {
        "\(name) \(type) MATERIALIZED \(value(dialect, kind)) CODEC(\(codec)) COMMENT '\(comment)'"
    }

    /// What a SELECT from the view says, or from a table that does not store it.
    func worked(_ dialect: Dialect, _ kind: EventKind) -> String { "\(value(dialect, kind)) AS \(name)" }
}

extension Dialect {
    private var storesComputed: Bool { cluster == nil }

    /// As columns of a table's definition.
    func computedColumns(_ table: Table) -> [String] {
        guard storesComputed, let kind = EventKind.allCases.first(where: { EventTable.of($0) == table }) else {
            return []
        }
        return ComputedColumn.all.filter { $0.kinds.contains(kind) }.map { $0.definition(self, kind) }
    }

    /// Adds columns to tables that were made without them. What is stored is given them in the background; until then they are
    /// worked out as they are read.
    func addComputed(_ columns: [ComputedColumn]) -> [String] {
        guard storesComputed else { return [] }
        return EventKind.allCases.flatMap { kind in
            let own = columns.filter { $0.kinds.contains(kind) }
            let alter = "ALTER TABLE \(EventTable.of(kind).storageName)"
            // All are added first: a change of the table waits for what is being stored.
            return own.map { "\(alter) ADD COLUMN IF NOT EXISTS \($0.definition(self, kind))" }
                + own.map { "\(alter) MATERIALIZE COLUMN \($0.name)" }
        }
    }

    /// A computed column of rows as they are stored: its name, or how it is worked out.
    func stored(_ column: ComputedColumn, _ kind: EventKind) -> String {
        storesComputed && column.kinds.contains(kind) ? column.name : column.worked(self, kind)
    }

    /// `viewer`: the number of the viewer that an event is of, of rows as they are stored.
    public func viewerColumn(_ kind: EventKind) -> String { stored(.viewer, kind) }
}
