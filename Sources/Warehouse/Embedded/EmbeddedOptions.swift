/// How the embedded engine runs.
public struct EmbeddedOptions: Sendable {
    /// Days that an event is kept; 0 keeps it for ever.
    public var retentionDays: Int
    /// Days that the ledger goes back; 0: as far as there are events.
    public var auditDays: Int
    /// What all queries, inserts and merges together may hold, bytes. The library itself comes on top (about 150 MiB).
    public var memoryBytesMax: Int
    /// Threads of one query.
    public var queryThreads: Int
    /// Client queries that run at once; the next waits.
    public var clientQueriesMax: Int

    public init(
        retentionDays: Int = 0, auditDays: Int = 0, memoryBytesMax: Int = 2 << 30, queryThreads: Int = 2,
        clientQueriesMax: Int = 2
    ) {
        self.retentionDays = retentionDays
        self.auditDays = auditDays
        self.memoryBytesMax = memoryBytesMax
        self.queryThreads = queryThreads
        self.clientQueriesMax = clientQueriesMax
    }

    /// The engine's own options, by their ClickHouse names. The server's are read once, at the first connection of the
    /// process; those of queries apply to every connection.
    var engineArguments: [(name: String, value: String)] {
        [
            // Without these, chDB lays a database over `default` that reads any file of the machine as a table.
            ("default_database", ""), ("database", "default"),
            // The file of lines is shortened after each insert: a mapping of it would then be deadly to touch.
            ("storage_file_read_method", "pread"),
            ("allow_introspection_functions", "0"), ("implicit_select", "0"),
            ("max_server_memory_usage", "\(memoryBytesMax)"),
            ("max_threads", "\(queryThreads)"), ("max_insert_threads", "1"),
            // By itself the engine gives a query one thread for each GiB of the memory that is free: here that would be one.
            ("max_threads_min_free_memory_per_thread", "134217728"),
            // Small caches: the page cache of the system holds the files already.
            ("mark_cache_size", "67108864"), ("index_mark_cache_size", "8388608"),
            ("uncompressed_cache_size", "0"), ("index_uncompressed_cache_size", "0"),
            ("query_condition_cache_size", "8388608"), ("primary_index_cache_size", "67108864"),
            ("mmap_cache_size", "16"), ("compile_expressions", "0"), ("compile_aggregate_expressions", "0"),
            ("background_pool_size", "2"), ("background_merges_mutations_concurrency_ratio", "1"),
            ("background_schedule_pool_size", "4"), ("background_common_pool_size", "2"),
            ("background_move_pool_size", "1"), ("background_fetches_pool_size", "1"),
            // Its size has no bound of ours: pools within the engine hold its threads, and a query that gets none hangs.
            ("max_thread_pool_free_size", "4"),
            ("max_io_thread_pool_size", "4"), ("max_io_thread_pool_free_size", "0"),
        ]
    }
}
