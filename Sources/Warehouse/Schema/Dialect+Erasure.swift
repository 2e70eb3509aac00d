public import Events

/// The statements of an erasure that change tables. Their text stays on the disk: none names a person.
///
/// `ALTER TABLE … DELETE` writes the parts anew without the rows; a lightweight `DELETE` would only hide them.
extension Dialect {
    /// Until it is done, on every replica that is there. Old servers have no such setting: the Warehouse asks until it is done.
    /// On a cluster a condition may ask a table (`forgetDeliveries`): what it answers does not change until both are done.
    private var changeSettings: String {
        if isOld { return "" }
        return " SETTINGS mutations_sync = 2" + (cluster == nil ? "" : ", allow_nondeterministic_mutations = 1")
    }

    /// The name that people know a table by.
    public func name(_ table: Table) -> String { table.viewNames.first ?? table.storageName }

    public func delete(from table: Table, where condition: String) -> String {
        "ALTER TABLE \(table.storageName) DELETE WHERE \(condition)\(changeSettings)"
    }

    /// `topic, log, partition, position` of rows, each a tuple in SQL, as TSVRaw.
    public func quarantinePositions(where condition: String, limit: Int) -> String {
        """
        SELECT DISTINCT concat('(\\'', toString(topic), '\\',toUUID(\\'', toString(log), '\\'),',
            toString(partition), ',', toString(position), ')')
        FROM \(allRows(.quarantine)) WHERE \(condition) LIMIT \(limit)
        """
    }

    /// - Parameter positions: as `quarantinePositions` answers them.
    public func delete(from table: Table, at positions: [String]) -> String {
        delete(from: table, where: at(positions))
    }

    /// Leaves in the ledger that something was at these positions, and no more.
    public func forgetDeliveries(at positions: [String]) -> String { forgetDeliveries(at(positions)) }

    /// The same for the deliveries of a person's events. An event_id that somebody else's row has too (events are numbered
    /// by those who send them) stays as it is.
    public func forgetDeliveries(of kind: EventKind, where condition: String) -> String {
        let table = allRows(EventTable.of(kind))
        let theirs = "SELECT event_id FROM \(table) WHERE \(condition)"
        return forgetDeliveries(
            """
            kind = '\(kind.type)' AND event_id IN (\(theirs)) AND event_id NOT IN (
                SELECT event_id FROM \(table) WHERE event_id IN (\(theirs)) AND NOT \(condition))
            """)
    }

    private func at(_ positions: [String]) -> String {
        "(topic, log, partition, position) IN (\(positions.joined(separator: ",")))"
    }

    private func forgetDeliveries(_ condition: String) -> String {
        """
        ALTER TABLE \(Table.deliveries.storageName) UPDATE event_id = toUUID('\(UUID.none)'), outcome = 'forgotten'
        WHERE \(condition)\(changeSettings)
        """
    }
}
