/// How the declared tables are said to one server. What a server can and cannot do is decided here and nowhere else.
public struct Dialect: Sendable, Equatable {
    /// Days that an event is kept, counted from its `received_at`: a viewer's wrong clock neither shortens nor stretches
    /// them. 0 keeps it for ever.
    public var retentionDays: Int

    /// Days that the ledger (`deliveries`) goes back. 0 keeps it for ever.
    public var auditDays: Int

    /// How many inserted blocks a table remembers for deduplication. The Loader repeats only its last plan, so a few would
    /// do; 10,000 are an hour and more of two inserts a second, for about a megabyte in memory.
    static let deduplicationWindowBlocks = 10_000

    /// How often a table looks for parts that may leave the disk. An erasure waits for it; left to itself, a quiet table takes up
    /// to five minutes.
    static let cleanupSeconds = 2

    /// What the tables lie in.
    public let server: Server

    public enum Server: Sendable, Equatable {
        /// The engine within the process.
        case embedded
        /// Servers of one cluster.
        case cluster(ClusterServer)
    }

    /// The embedded engine: plain MergeTree tables in the database `default`.
    public static func embedded(retentionDays: Int = 0, auditDays: Int = 0) -> Dialect {
        Dialect(retentionDays: retentionDays, auditDays: auditDays, server: .embedded)
    }

    /// A cluster: replicated tables on each shard, and over them Distributed ones on every node.
    public static func cluster(_ server: ClusterServer, retentionDays: Int = 0, auditDays: Int = 0) -> Dialect {
        Dialect(retentionDays: retentionDays, auditDays: auditDays, server: .cluster(server))
    }

    /// Days that rows of a table are kept; 0: for ever.
    public func days(_ table: Table) -> Int {
        switch table.retention {
        case .events: retentionDays
        case .ledger: retentionDays > 0 && auditDays > 0 ? min(retentionDays, auditDays) : max(retentionDays, auditDays)
        }
    }

    /// Days that the ledger goes back; 0: for ever.
    public var ledgerDays: Int { days(.deliveries) }

    /// The table that holds all rows as they were inserted, copies included, wherever they are stored.
    public func allRows(_ table: Table) -> String {
        cluster == nil ? table.storageName : table.distributedName
    }

    /// The table that rows are inserted into, so that they are stored where they belong.
    public func insertedRows(_ table: Table) -> String { allRows(table) }

    /// `CREATE TABLE` for the rows. Idempotent.
    ///
    /// Partitions are months of `received_at`, not of `time`, which clients choose: a batch of theirs over a hundred years
    /// would be 1,200 parts and half a minute; so it is one part (docs/decisions/0002-sort-key.md). Nothing is lost for
    /// reading: FINAL over a key without `time` does not prune by partition, the index on `time` does.
    ///
    /// Inserted parts are synced to disk, because the log is trimmed once they are in.
    public func createStorage(_ table: Table) -> String {
        let members = table.columns.map(definition) + computedColumns(table) + indices(table)
        return """
            CREATE TABLE IF NOT EXISTS \(table.storageName)
            (
            \(members.map { "    " + $0 }.joined(separator: ",\n"))
            )
            ENGINE = \(engine(table))
            PARTITION BY toYYYYMM(\(table.versionColumn))
            ORDER BY (\(sortKey(table)))\(hasTTL(table) ? "\nTTL " + retention(table) : "")
            SETTINGS \(storageSettings)
            """
    }

    /// A published name: every event once. Idempotent; replaces what an older schema made.
    ///
    /// Without the setting a range of `time` over FINAL reads every granule whose key overlaps one in the range, that is
    /// nearly all (docs/decisions/0002-sort-key.md). What it gives up: a range that holds the first copy of an event
    /// but not its retry may show the first copy. No query counts an event twice either way.
    public func createView(_ name: String, over table: Table) -> String {
        """
        \(createViewWords) \(name) AS
        SELECT \(table.columns.map(\.name).joined(separator: ", "))
        FROM \(allRows(table)) FINAL\(viewSettings)
        """
    }

    /// `ledger`: by topic and hour of arrival, what came and what became of it. Idempotent.
    ///
    /// Of several lines with one event_id the first to arrive counts as stored, the others as duplicates: so many of an
    /// hour's good lines as are not the first of their event.
    public func createLedgerView() -> String {
        """
        \(createViewWords) ledger AS
        SELECT topic, hour, sum(lines) AS accepted, sum(firsts) AS stored, sum(good) - sum(firsts) AS duplicate,
            sum(in_quarantine) AS quarantined, sum(erased) AS forgotten, sum(missing) AS lost
        FROM
        (
            SELECT topic, toStartOfHour(received_at) AS hour, count() AS lines,
                countIf(outcome IN ('stored', 'replayed')) AS good, countIf(outcome = 'quarantined') AS in_quarantine,
                countIf(outcome = 'forgotten') AS erased, countIf(outcome = 'lost') AS missing, 0 AS firsts
            FROM deliveries GROUP BY topic, hour
            UNION ALL
            SELECT topic, hour, 0 AS lines, 0 AS good, 0 AS in_quarantine, 0 AS erased, 0 AS missing, count() AS firsts
            FROM
            (
                SELECT argMin(topic, received_at) AS topic, toStartOfHour(min(received_at)) AS hour
                FROM deliveries WHERE outcome IN ('stored', 'replayed') GROUP BY kind, event_id
            )
            GROUP BY topic, hour
        )
        GROUP BY topic, hour\(ledgerSettings)
        """
    }

    /// The structure argument of the `file` table function for canonical lines of `table`.
    public func structure(_ table: Table) -> String {
        table.columns.map { "\($0.name) \(typeName($0.type))" }.joined(separator: ", ")
    }

    /// Sets or removes the retention of a table that exists.
    public func changeRetention(_ table: Table) -> String {
        "ALTER TABLE \(table.storageName) " + (days(table) > 0 ? "MODIFY TTL " + retention(table) : "REMOVE TTL")
    }

    /// The retention as the engine spells it in a table's definition.
    ///
    /// What was received while the machine's clock stood before the year 2000 stays: it would be dropped at once.
    func retention(_ table: Table) -> String {
        "toDateTime(\(table.versionColumn)) + toIntervalDay(\(days(table))) WHERE toYear(\(table.versionColumn)) >= 2000"
    }

    /// A retry repeats the leading key and the event_id, and perhaps nothing else; so nothing else is in the key. As an
    /// integer, because ClickHouse sorts UUIDs by their second half and a UUIDv7's time is in the first.
    func sortKey(_ table: Table) -> String {
        switch table.key {
        case .event(let leading, let identifier): "\(leading), \(asInteger(identifier))"
        case .columns(let names): (names + stateKey(table)).joined(separator: ", ")
        }
    }

    /// An order that is one and the same for the same rows, and cheap to read in.
    public func copyOrder(_ table: Table) -> String { sortKey(table) }

    private func definition(_ column: Column) -> String {
        var text = "\(column.name) \(typeName(column))"
        guard !isOld else { return text }
        switch column.compression {
        case .general: text += " CODEC(ZSTD(1))"
        case .ascending: text += " CODEC(Delta, ZSTD(1))"
        case .unset: break
        }
        return text + " COMMENT '\(column.comment.sqlEscaped)'"
    }

    private func typeName(_ column: Column) -> String { mergingType(column, typeName(column.type)) }

    private func typeName(_ type: ColumnType) -> String {
        switch type {
        case .time where isOld: "DateTime('UTC')"
        case .label where isOld: "String"
        // It takes pairs in an array for columns of their own (Nested).
        case .intervals where isOld: "Array(Array(Float64))"
        case .uuid: "UUID"
        case .time: "DateTime64(3, 'UTC')"
        case .text: "String"
        case .label: "LowCardinality(String)"
        case .number: "Float64"
        case .wholeNumber: "Int64"
        case .optionalNumber: "Nullable(Float64)"
        case .intervals: "Array(Tuple(Float64, Float64))"
        case .day: "Date"
        case .spans: "Array(UInt32)"
        case .mark: "UInt64"
        }
    }
}

extension String {
    /// For use between single quotes in ClickHouse SQL.
    package var sqlEscaped: String {
        var result = ""
        result.reserveCapacity(utf8.count + 8)
        for scalar in unicodeScalars {
            if scalar == "'" || scalar == "\\" { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}
