/// What a cluster's statements are sent with. (The embedded engine's are its own.)
extension Dialect {
    /// Seconds that a replica may be behind before another is asked.
    private static let replicaDelayMax = 2

    /// Whether a line's objects have to become texts before they are sent (`ObjectWrapping`).
    var wrapsObjects: Bool { isOld }
    /// Whether `EXPLAIN AST` is known.
    var showsTrees: Bool { !isOld }
    /// Whether a changing statement answers before the change is made.
    var waitsForChanges: Bool { isOld }

    /// Whether the house's own statements all go by one node, while it is good. An old server's Distributed table passes over a
    /// replica that has failed it for minutes after it is back, so that two servers may read and write two replicas.
    var keepsToOneNode: Bool { isOld }

    /// Between the nodes. (Old servers allow 50 ms for connecting, which a busy machine exceeds.)
    private var betweenNodes: [(name: String, value: String)] {
        [
            ("connect_timeout_with_failover_ms", "1000"), ("receive_timeout", "10"), ("load_balancing", "in_order"),
            ("max_replica_delay_for_distributed_queries", "\(Dialect.replicaDelayMax)"),
        ]
    }

    /// The same replica, whichever node is asked and whatever failed before.
    private var inOrder: [(name: String, value: String)] {
        [("prefer_localhost_replica", "0"), ("distributed_replica_max_ignored_errors", "1000")]
    }

    /// The first good replica of each shard is read, in the order that is written in too. Where all are behind, the one that is
    /// least: an answer is better than none.
    package var readSettings: [(name: String, value: String)] {
        let own: [(name: String, value: String)] = isOld ? [] : inOrder
        return betweenNodes + own + [
            ("fallback_to_stale_replicas_for_distributed_queries", "1"),
            // Numbers as numbers, as the embedded engine writes them.
            ("output_format_json_quote_64bit_integers", "0"),
        ]
    }

    /// One block a statement, and an answer when every shard has stored its part. What differs from the table is drift and must be
    /// refused, not guessed at.
    package var insertSettings: [(name: String, value: String)] {
        let common: [(name: String, value: String)] =
            betweenNodes + [
                ("insert_deduplicate", "1"), ("input_format_skip_unknown_fields", "0"),
                ("max_insert_block_size", "1048576"), ("min_insert_block_size_rows", "1048576"),
                ("min_insert_block_size_bytes", "1073741824"),
            ]
        if isOld {
            return common + [("insert_distributed_sync", "1"), ("date_time_input_format", "best_effort")]
        }
        return common + inOrder + [
            // Its newer name, distributed_foreground_insert, is not known before 23.11; this one is to all.
            ("insert_distributed_sync", "1"), ("async_insert", "0"),
            ("date_time_input_format", "basic"), ("input_format_parallel_parsing", "0"), ("max_insert_threads", "1"),
            ("input_format_json_read_objects_as_strings", "1"), ("max_partitions_per_insert_block", "0"),
            // A repetition is dropped, but what it feeds may not have been fed: `watched` takes anything twice.
            ("deduplicate_blocks_in_dependent_materialized_views", "1"),
        ]
    }

    package func deduplication(_ token: String) -> [(name: String, value: String)] {
        isOld ? [] : [("insert_deduplication_token", token)]
    }

    func settings(_ limits: QueryLimits) -> [(name: String, value: String)] {
        [
            ("max_execution_time", "\(limits.seconds)"), ("timeout_overflow_mode", "throw"),
            ("max_memory_usage", "\(limits.memoryBytesMax)"),
            ("max_result_rows", "\(limits.rowsMax)"), ("result_overflow_mode", "throw"),
        ]
    }
}
