public import Events

/// How `seen` is filled and read.
extension Dialect {
    private static let seenKinds = EventKind.allCases.filter { Table.fed(by: $0) == .seen }

    /// A row of `seen` for each event of a kind. Many of them become one row as they are inserted.
    ///
    /// - Parameters:
    ///   - table: where the events are; nil: all of them, on whichever shard.
    ///   - condition: which events; of `time`, `received_at`, `platform` and `verdict`.
    private func seenRows(_ kind: EventKind, of table: String? = nil, where condition: String = "1") -> String {
        """
        SELECT '\(kind.type)' AS kind, toDate(time) AS day, user_id, anonymous_id,
            if(user_id != toUUID('\(UUID.none)') OR anonymous_id != '', '', session_id) AS session_id,
            platform, verdict, time AS first_at, received_at
        FROM \(table ?? allRows(EventTable.of(kind))) WHERE \(condition)
        """
    }

    /// Everything that makes `seen` known, and what there is of events in it.
    func makeSeen() -> [String] {
        guard hasSeen else { return [] }
        return [createStorage(.seen)] + [createDistributed(.seen)].compactMap { $0 }
            + Dialect.seenKinds.map(createSeenFeed) + makeView("seen", createSeenView())
            + Dialect.seenKinds.map { fillSeen(from: $0) }
    }

    /// What hands each inserted event on, where it is stored.
    private func createSeenFeed(_ kind: EventKind) -> String {
        """
        CREATE MATERIALIZED VIEW IF NOT EXISTS seen_feed_\(kind.topic) TO \(Table.seen.storageName) AS
        \(seenRows(kind, of: EventTable.of(kind).storageName))
        """
    }

    /// `seen` for people: a row for each kind, day, viewer, platform and verdict.
    private func createSeenView() -> String {
        """
        CREATE OR REPLACE VIEW seen AS
        SELECT kind, day, \(viewer(hasViewing: false)) AS viewer, platform, verdict, min(s.first_at) AS first_at
        FROM \(allRows(.seen)) AS s GROUP BY kind, day, viewer, platform, verdict
        """
    }

    /// Puts in what there is of events, by their arrival. What is in already stays as it is.
    private func fillSeen(from kind: EventKind, where condition: String = "1") -> String {
        """
        INSERT INTO \(Table.seen.storageName) (\(Table.seen.columns.map(\.name).joined(separator: ", ")))
        \(seenRows(kind, of: EventTable.of(kind).storageName, where: condition))
        """
    }

    /// Fills the table that events of a kind feed from those that are stored.
    func fill(from kind: EventKind, where condition: String) -> String {
        kind == .film ? fillWatched(where: condition) : fillSeen(from: kind, where: condition)
    }

    // MARK: Reading

    /// Rows like those of `seen` for a range of time: of whole days from the table, of what is left at either end from the
    /// events.
    ///
    /// - Parameter condition: of `platform` and `verdict`.
    public func seenRows(_ kind: EventKind, in range: TimeRange, where condition: String) -> String {
        guard hasSeen else {
            return seenRows(kind, where: [condition, inside(range)].filter { !$0.isEmpty }.joined(separator: " AND "))
        }
        return byDays(range) { days in
            """
            SELECT \(Table.seen.columns.map(\.name).joined(separator: ", "))
            FROM \(allRows(.seen)) WHERE \((["kind = '\(kind.type)'", condition] + days).joined(separator: " AND "))
            """
        } edge: {
            seenRows(kind, where: "\(condition) AND \(inside($0))")
        }
    }
}
