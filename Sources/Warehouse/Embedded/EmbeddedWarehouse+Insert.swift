import Events
import Platform

extension EmbeddedWarehouse {
    /// How long an insert waits for its turn.
    private static let turnMilliseconds = 60_000

    public func insert(_ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String) throws(WarehouseError)
    {
        guard !lines.isEmpty else { return }
        let start = Clock.monotonicNanoseconds()
        try writers.withOne(waitingAtMost: EmbeddedWarehouse.turnMilliseconds) { (writer) throws(WarehouseError) in
            try writer.file.write(lines)
            defer { writer.file.clear() }
            do throws(EngineFailure) {
                try writer.connection.run(statement(target, path: writer.file.path, token: token))
            } catch {
                throw ErrorCodes.ofInsert(error)
            }
        }
        insertTime?.observe(nanoseconds: Clock.monotonicNanoseconds() - start)
    }

    /// One block, whatever it holds: lines that do not parse are found before anything is written. A block becomes a part
    /// for each month of `received_at` in it (one, rarely two), each deduplicated by the token for itself, so that a
    /// repetition after a crash between two of them writes what is missing.
    private func statement(_ target: InsertTarget, path: String, token: String) -> String {
        let table = Table.of(target)
        return """
            INSERT INTO \(table.storageName) SETTINGS \(EmbeddedWarehouse.settings), \
            insert_deduplication_token = '\(token.sqlEscaped)' \
            SELECT * FROM file('\(path)', '\(Table.format(target))', '\(dialect.structure(table).sqlEscaped)')
            """
    }

    /// The lines are the Collector's own: what differs from the table is drift and must be refused, not guessed at.
    /// Parsing by one thread is twice as fast as by several here (they wait for each other).
    private static let settings = """
        async_insert = 0, insert_deduplicate = 1, \
        max_threads = 1, max_insert_threads = 1, input_format_parallel_parsing = 0, \
        max_block_size = 1048576, max_insert_block_size = 1048576, \
        min_insert_block_size_rows = 1048576, min_insert_block_size_bytes = 1073741824, \
        max_partitions_per_insert_block = 0, \
        date_time_input_format = 'basic', input_format_skip_unknown_fields = 0, \
        input_format_json_read_objects_as_strings = 1, input_format_json_read_arrays_as_strings = 0, \
        input_format_json_read_numbers_as_strings = 0, input_format_json_read_bools_as_strings = 0, \
        input_format_json_read_bools_as_numbers = 0
        """
}
