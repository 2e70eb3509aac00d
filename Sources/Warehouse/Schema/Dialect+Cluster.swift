/// What is said otherwise to a cluster than to the engine within the process, and otherwise to old servers (Debian's 18.16) than
/// to those of 22.8 and newer.
extension Dialect {
    var cluster: ClusterServer? {
        guard case .cluster(let server) = server else { return nil }
        return server
    }

    /// The first release that is spoken to as to the embedded engine.
    static let reference = ClusterServer.Version(22, 8)

    /// Neither DateTime64, codecs, TTL, indices, REPLACE VIEW nor tokens; and much less.
    var isOld: Bool { cluster.map { $0.version < Dialect.reference } ?? false }

    // MARK: Tables

    /// Whether there is `seen`. An old server counts who was there from the events: that is slower, and nothing has to be fed twice.
    var hasSeen: Bool { !isOld }

    /// Every table there is on this server.
    public var tables: [Table] { Table.all.filter { $0 != .seen || hasSeen } }

    /// How many inserts a replicated table remembers for a week: each is a node in ZooKeeper. A plan is repeated at once or at the
    /// next start, so these are minutes of several loaders.
    private static let replicatedWindowBlocks = 1_000

    func engine(_ table: Table) -> String {
        let (family, version) =
            switch table.rows {
            case .latest: ("ReplacingMergeTree", table.versionColumn)
            case .merged: ("AggregatingMergeTree", "")
            }
        guard let cluster else { return "\(family)(\(version))" }
        // By name and shard, not by {database} or {uuid}, which old servers do not know.
        let path = "/clickhouse/tables/\(cluster.cluster)/{shard}/\(table.storageName)"
        return "Replicated\(family)('\(path)', '{replica}'\(version.isEmpty ? "" : ", " + version))"
    }

    var storageSettings: String {
        if isOld {
            return "index_granularity = 8192, replicated_deduplication_window = \(Dialect.replicatedWindowBlocks), "
                + "old_parts_lifetime = 10, cleanup_delay_period = \(Dialect.cleanupSeconds), cleanup_delay_period_random_add = 1"
        }
        let window =
            cluster == nil
            ? "non_replicated_deduplication_window = \(Dialect.deduplicationWindowBlocks)"
            : "replicated_deduplication_window = \(Dialect.replicatedWindowBlocks)"
        return """
            \(window), \
            fsync_after_insert = 1, fsync_part_directory = 1, \
            cleanup_delay_period = \(Dialect.cleanupSeconds), max_cleanup_delay_period = \(Dialect.cleanupSeconds), \
            cleanup_delay_period_random_add = 0
            """
    }

    func indices(_ table: Table) -> [String] {
        isOld ? [] : ["INDEX time_range \(table.timeColumn) TYPE minmax GRANULARITY 1"]
    }

    /// Old servers drop whole months instead: `expiredPartitions`.
    func hasTTL(_ table: Table) -> Bool { days(table) > 0 && !isOld }

    func asInteger(_ uuid: String) -> String { isOld ? uuid : "toUInt128(\(uuid))" }

    /// The table over all shards; nil where there are none. It sends each row to the shard that its key belongs to, whichever
    /// node it is inserted by.
    func createDistributed(_ table: Table) -> String? {
        guard let cluster else { return nil }
        return """
            CREATE TABLE IF NOT EXISTS \(table.distributedName) AS \(table.storageName)
            ENGINE = Distributed('\(cluster.cluster)', 'default', '\(table.storageName)', \(shardingKey(table)))
            """
    }

    /// One viewer's events meet on one shard, and so do the copies of one row, else FINAL would not collapse them. An event of
    /// nobody's is a viewer of its own.
    package func shardingKey(_ table: Table) -> String {
        switch table.key {
        case .event(_, let identifier):
            let none = "toUUID('00000000-0000-0000-0000-000000000000')"
            return "sipHash64(multiIf(user_id != \(none), toString(user_id), anonymous_id != '', anonymous_id, "
                + "toString(\(identifier))))"
        case .columns(let names) where names.contains("position"): return "intHash64(position)"
        case .columns(let names): return "sipHash64(toString(\(names[0])))"
        }
    }

    // MARK: Views

    var createViewWords: String { isOld ? "CREATE VIEW IF NOT EXISTS" : "CREATE OR REPLACE VIEW" }

    var viewSettings: String {
        guard cluster?.hasFinalExactMode ?? true else { return "" }
        return "\nSETTINGS use_skip_indexes_if_final_exact_mode = 0"
    }

    /// Old servers refuse readers a view that sets anything.
    var ledgerSettings: String { isOld ? "" : "\nSETTINGS max_bytes_before_external_group_by = 268435456" }

    /// The statements that make a view, or make it anew. Old servers cannot replace one: for a moment it is not there.
    func makeView(_ name: String, _ statement: String) -> [String] {
        isOld ? ["DROP TABLE IF EXISTS \(name)", statement] : [statement]
    }

    /// Everything that makes a table known: rows, shards, views.
    func make(_ table: Table) -> [String] {
        [createStorage(table)] + [createDistributed(table)].compactMap { $0 }
            + table.viewNames.flatMap { makeView($0, createView($0, over: table)) }
    }

    /// Where applied steps are recorded. On a cluster each node records its own: one that was away finishes later.
    func createRecord() -> String {
        """
        CREATE TABLE IF NOT EXISTS schema_migrations
        (
            version UInt32,
            name String,
            applied_at \(isOld ? "DateTime('UTC') DEFAULT now()" : "DateTime64(3, 'UTC') DEFAULT now64(3)")
        )
        ENGINE = MergeTree
        ORDER BY version\(isOld ? "\nSETTINGS index_granularity = 8192" : "")
        """
    }
}

extension Table {
    /// The Distributed table over `storageName`: `clicks_all` over `clicks_local`.
    var distributedName: String {
        storageName.hasSuffix("_local") ? storageName.dropLast("_local".count) + "_all" : storageName + "_all"
    }
}
