import Events
import Platform
import Synchronization

extension EmbeddedWarehouse {
    /// How long an insert waits for its turn.
    private static let turnMilliseconds = 60_000

    public func insert(_ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String) throws(WarehouseError)
    {
        try insert(lines, into: target, token: token, where: "")
    }

    /// The engine notes tokens in a file that it does not sync: after a loss of power they may be there without the part.
    /// So no token counts: of events goes in what is not there, of the other tables all, for rows of one key collapse.
    public func insertMissing(_ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String)
        throws(WarehouseError)
    {
        let fresh = "\(token)-again-\(UInt64.random(in: 0 ... .max))"
        guard case .events(let kind) = target else { return try insert(lines, into: target, token: fresh) }
        var condition = ""
        if let (first, last) = arrivals(lines) {
            condition = "received_at >= '\(first)' AND received_at <= '\(last)'"
        }
        let table = EventTable.of(kind).storageName
        try insert(
            lines, into: target, token: fresh,
            where:
                " WHERE (event_id, received_at) NOT IN (SELECT event_id, received_at FROM \(table)\(condition.isEmpty ? "" : " WHERE " + condition))"
        )
        try fill(from: kind, condition)
    }

    /// The lines may be in without what they feed. It may be fed twice.
    private func fill(from kind: EventKind, _ condition: String) throws(WarehouseError) {
        try query(dialect.fill(from: kind, where: condition.isEmpty ? "1" : condition), format: "Null") { _ in }
        try syncPartNames(.fed(by: kind))
    }

    /// The earliest and the latest time of arrival in canonical lines; nil where one is none. (The form compares as text.)
    private func arrivals(_ lines: UnsafeRawBufferPointer) -> (String, String)? {
        var span: (first: String, last: String)?
        for line in lines.split(separator: 0x0A) {
            guard let head = CanonicalLine.head(UnsafeRawBufferPointer(rebasing: line)) else { return nil }
            let time = String(decoding: head.receivedAt, as: UTF8.self)
            guard time.allSatisfy({ $0.isNumber || " .:-".contains($0) }) else { return nil }
            span = span.map { (min($0.first, time), max($0.last, time)) } ?? (time, time)
        }
        return span
    }

    /// - Parameter condition: the end of the statement.
    private func insert(
        _ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String, where condition: String
    ) throws(WarehouseError) {
        guard !lines.isEmpty else { return }
        let start = Clock.monotonicNanoseconds()
        try watching(lines, target) { () throws(WarehouseError) in
            try write(lines, into: target, token: token, where: condition)
        }
        try syncPartNames(Table.of(target))
        if case .events(let kind) = target { try syncPartNames(.fed(by: kind)) }
        insertTime?.observe(nanoseconds: Clock.monotonicNanoseconds() - start)
    }

    private func write(
        _ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String, where condition: String
    ) throws(WarehouseError) {
        try writers.withOne(waitingAtMost: EmbeddedWarehouse.turnMilliseconds) { (writer) throws(WarehouseError) in
            try writer.file.write(lines)
            defer { writer.file.clear() }
            do throws(EngineFailure) {
                try writer.connection.run(statement(target, path: writer.file.path, token: token) + condition)
            } catch {
                throw ErrorCodes.ofInsert(error)
            }
        }
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

    /// The engine syncs what is in a part, and not the name that it gets in its table's folder at the end.
    private func syncPartNames(_ table: Table) throws(WarehouseError) {
        do {
            try Folder.sync(try folder(of: table))
        } catch let error as WarehouseError {
            throw error
        } catch {
            throw .unavailable("\(error)")
        }
    }

    private func folder(of table: Table) throws(WarehouseError) -> String {
        if let known = tableFolders.withLock({ $0[table.storageName] }) { return known }
        let answer = try text(
            "SELECT data_paths[1] FROM system.tables WHERE database = 'default' AND name = '\(table.storageName)'",
            format: "TSVRaw")
        let folder = String(answer.prefix { $0 != "\n" })
        guard !folder.isEmpty else { throw .unavailable("the table \(table.storageName) is not there") }
        tableFolders.withLock { $0[table.storageName] = folder }
        return folder
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
