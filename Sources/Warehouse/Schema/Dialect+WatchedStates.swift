import Events

/// How `watched` is stored. Old servers know no values that merge by themselves (`SimpleAggregateFunction`): there its columns
/// are states, which are made as events come in and finished as they are read.
extension Dialect {
    // MARK: Stored

    /// An old server's partitions cannot be of a state: there `received_at` is the month of arrival, and part of the key.
    private func isState(_ column: Column) -> Bool {
        isOld && column.merging != nil && column.name != Table.watched.versionColumn
    }

    /// The type of a column whose values merge.
    func mergingType(_ column: Column, _ type: String) -> String {
        guard isOld else {
            return switch column.merging {
            case nil: type
            case .union(let countMax): "SimpleAggregateFunction(groupUniqArrayArray(\(countMax)), \(type))"
            case .least: "SimpleAggregateFunction(min, \(type))"
            case .greatest: "SimpleAggregateFunction(max, \(type))"
            }
        }
        guard isState(column), let function = function(column) else { return type }
        return "AggregateFunction(\(function), \(type))"
    }

    /// - Note: an old server's set has no bound of its own; what reads it takes `spansMax` of it.
    private func function(_ column: Column) -> String? {
        switch column.merging {
        case nil: nil
        case .union: "groupUniqArrayArray"
        case .least: "min"
        case .greatest: "max"
        }
    }

    /// The key's last part, where a column that merges has to be in it.
    func stateKey(_ table: Table) -> [String] { isOld && table.rows == .merged ? [table.versionColumn] : [] }

    // MARK: Fed

    /// The table whose inserts feed `watched`. A new server's events do, even where it drops a repetition; an old one's do not
    /// then, and what a failed insert left out would stay out. So there the lines are sent once more, to a table that keeps none.
    var watchedSource: String { isOld ? Table.watchedInput : EventTable.of(.film).storageName }

    func createWatchedSource() -> [String] {
        guard isOld, let cluster else { return [] }
        let film = EventTable.of(.film)
        return [
            "CREATE TABLE IF NOT EXISTS \(Table.watchedInput) AS \(film.storageName) ENGINE = Null",
            """
            CREATE TABLE IF NOT EXISTS \(Table.watchedInputs) AS \(Table.watchedInput)
            ENGINE = Distributed('\(cluster.cluster)', 'default', '\(Table.watchedInput)', \(shardingKey(film)))
            """,
        ]
    }

    /// Where lines go that have been inserted, to feed what is made of them; nil: the insert itself does. They may go there twice.
    public func fedRows(_ table: Table) -> String? {
        isOld && table == EventTable.of(.film) ? Table.watchedInputs : nil
    }

    /// Rows for `watched` from events: where it holds states, one for each key.
    func watchedFeed(of table: String, where condition: String = "1") -> String {
        guard isOld else { return watchedRows(of: table, where: condition) }
        let columns = Table.watched.columns.map { column in
            var value = watchedValue(column)
            if column.name == Table.watched.versionColumn { value = "toDateTime(toStartOfMonth(\(value)), 'UTC')" }
            if isState(column), let function = function(column) { value = "\(function)State(\(value))" }
            return value == column.name ? value : "\(value) AS \(column.name)"
        }
        // Names mean what is selected here, not the columns of the events.
        let key = Table.watched.columns.filter { !isState($0) }.map(\.name)
        return """
            SELECT \(columns.joined(separator: ", "))
            FROM \(table) WHERE \(condition) GROUP BY \(key.joined(separator: ", "))
            """
    }

    // MARK: Read

    /// Rows of the table `watched`, of all shards, with values and not states.
    func storedWatched(where condition: String) -> String {
        let columns = Table.watched.columns.map { column in
            guard isState(column) else { return column.name }
            let value = "finalizeAggregation(\(column.name))"
            if case .union(let countMax)? = column.merging {
                return "arraySlice(\(value), 1, \(countMax)) AS \(column.name)"
            }
            return "\(value) AS \(column.name)"
        }
        return """
            SELECT \(columns.joined(separator: ", "))
            FROM \(allRows(.watched)) WHERE \(condition)
            """
    }

    /// The same, to be read from.
    var watchedTable: String { isOld ? "(\(storedWatched(where: "1")))" : allRows(.watched) }
}

extension Table {
    /// Old servers: keeps nothing, feeds `watched`.
    static let watchedInput = "watched_input_local"
    /// The same on all shards.
    static let watchedInputs = "watched_input_all"
}
