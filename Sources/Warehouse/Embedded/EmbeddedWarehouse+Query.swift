import Events

extension EmbeddedWarehouse {
    /// How long a query waits for its turn; a client's no longer than it may run.
    private static let turnMilliseconds = 60_000

    /// A SELECT, WITH or EXPLAIN has an answer; every other statement is run for its effect.
    public func query(_ sql: String, format: String, _ sink: (UnsafeRawBufferPointer) -> Void) throws(WarehouseError) {
        try query(sql, format: format, settings: "", sink)
    }

    /// The statement becomes a subquery, so its limits are the outer statement's.
    public func query(_ sql: String, format: String, limits: QueryLimits, _ sink: (UnsafeRawBufferPointer) -> Void)
        throws(WarehouseError)
    {
        try query(sql, format: format, settings: limits.settings, sink)
    }

    private func query(_ sql: String, format: String, settings: String, _ sink: (UnsafeRawBufferPointer) -> Void)
        throws(WarehouseError)
    {
        try askers.withOne(waitingAtMost: EmbeddedWarehouse.turnMilliseconds) { (connection) throws(WarehouseError) in
            let isFile = hasAnswer(sql) && !EmbeddedWarehouse.rowFormats.contains(format)
            let pipe = isFile ? try AnswerPipe() : nil
            do throws(EngineFailure) {
                if let pipe {
                    _ = try connection.stream(pipe.insert(sql, format: format, settings: settings), through: pipe) {
                        bytes in
                        sink(bytes)
                        return true
                    }
                } else if hasAnswer(sql) {
                    try connection.texts(EmbeddedWarehouse.textRows(sql, format: format, settings: settings), sink)
                } else {
                    try connection.run(sql)
                }
            } catch {
                throw settings.isEmpty ? ErrorCodes.ofHouse(error) : ErrorCodes.ofClient(error)
            }
        }
    }

    /// Formats that are no more than one row after the other.
    private static let rowFormats: Set<String> = ["TSV", "JSONEachRow"]

    /// A SELECT of the rows of `sql` as text. (What is written into a pipe is an INSERT, which the engine plans twice: a small
    /// answer takes a third less time this way.)
    private static func textRows(_ sql: String, format: String, settings: String) -> String {
        // The newline ends a comment that `sql` may end with.
        "SELECT formatRow('\(format)', *) FROM (\(sql)\n)"
            + (settings.isEmpty ? "" : " SETTINGS \(settings)")
    }

    /// See `ClientSession` for how the statement is kept to reading. An answer of more rows than `rowsMax` is handed on up
    /// to one row beyond, then `.limit` is thrown: a cut answer never looks like a whole one.
    public func readOnlyQuery(
        _ sql: String, defaultFormat: String, limits: QueryLimits, onFormat: (String) -> Void,
        _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(WarehouseError) {
        let statement = try ClientStatement(sql)
        try clients.withOne(waitingAtMost: limits.seconds * 1000) { (session) throws(WarehouseError) in
            try session.run(statement, defaultFormat: defaultFormat, limits: limits, onFormat: onFormat, sink)
        }
    }

    /// The answer as TSV, of a query that `close` does not wait for: it is ended then.
    func stoppableText(_ sql: String, limits: QueryLimits) throws(WarehouseError) -> String {
        let text = ByteBuffer()
        try query(sql, format: "TSV", settings: "\(limits.settings), log_comment = '\(ClientSession.markPrefix)'") {
            text.append($0)
        }
        return text.string
    }

    private func hasAnswer(_ sql: String) -> Bool {
        let word = sql.drop { $0.isWhitespace || $0 == "(" }.prefix { $0.isLetter }.uppercased()
        return ["SELECT", "WITH", "EXPLAIN"].contains(word)
    }
}

extension AnswerPipe {
    /// The statement that writes the answer of `sql` into the pipe, under `settings` (`name = value, …`).
    func insert(_ sql: String, format: String, settings: String = "", rowsMax: Int? = nil) -> String {
        // The newline ends a comment that `sql` may end with.
        "INSERT INTO FUNCTION file('\(path)', '\(format.sqlEscaped)') "
            + (settings.isEmpty ? "" : "SETTINGS \(settings) ")
            + "SELECT * FROM (\(sql)\n)" + (rowsMax.map { " LIMIT \($0)" } ?? "")
    }
}
