/// A pair of sessions for clients' SQL: one that can only read, on which a statement is judged, and one that runs what
/// was let through, with its answer going into a pipe (which a session that can only read may not write).
///
/// Three walls, each enough against most: the tree of the statement holds only what `QueryGate` lists; the engine, in its
/// read-only mode, must agree to analyse the statement; and it runs as a subquery, where only a SELECT can stand.
final class ClientSession: Sendable {
    private let gate: EngineConnection
    private let work: EngineConnection
    private let rules: QueryGate
    /// Names of output formats by their lower case.
    private let formats: [String: String]
    private let threads: Int

    /// The judging session: it analyses and answers about tables, never more than seconds.
    private static let gateSettings = "SET max_execution_time = 10, max_memory_usage = 268435456, max_threads = 1"

    init(gate: EngineConnection, work: EngineConnection, threads: Int) throws(WarehouseError) {
        self.gate = gate
        self.work = work
        self.threads = threads
        do throws(EngineFailure) {
            let functions = try gate.rows(
                "SELECT lower(name) FROM system.table_functions "
                    + "WHERE lower(name) NOT IN (SELECT lower(name) FROM system.functions)")
            rules = QueryGate(tableFunctions: Set(functions.rows.compactMap { $0[0] }))
            let names = try gate.rows("SELECT name FROM system.formats WHERE is_output").rows.compactMap { $0[0] }
            formats = Dictionary(names.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
            try gate.run(ClientSession.gateSettings)
            // One way: from here on this session refuses to write, to touch files and to change settings.
            try gate.run("SET readonly = 1")
        } catch {
            throw ErrorCodes.ofHouse(error)
        }
    }

    func run(
        _ statement: ClientStatement, defaultFormat: String, limits: QueryLimits, onFormat: (String) -> Void,
        _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(WarehouseError) {
        let name = statement.format ?? defaultFormat
        guard let format = formats[name.lowercased()] else { throw .badQuery("There is no output format \(name)") }
        try judge(statement)
        onFormat(format)
        let sql = statement.kind == .about ? try answer(statement) : statement.sql
        let pipe = try AnswerPipe()
        let insert = pipe.insert(sql, format: format, settings: settings(limits), rowsMax: limits.rowsMax + 1)
        let rows: Int64?
        do throws(EngineFailure) { rows = try work.stream(insert, through: pipe, sink) } catch {
            throw ErrorCodes.ofClient(error)
        }
        if let rows, rows > limits.rowsMax {
            throw .limit("The answer has more than \(limits.rowsMax) rows and was cut there")
        }
    }

    private func judge(_ statement: ClientStatement) throws(WarehouseError) {
        let tree = try asGate { () throws(EngineFailure) in try gate.rows(ClientSession.treeOf + statement.sql) }
        try rules.check(statement, tree: tree.rows.compactMap { $0[0] })
        guard statement.kind == .select else { return }
        try asGate { () throws(EngineFailure) in _ = try gate.run("DESCRIBE TABLE (\(statement.sql)\n)") }
    }

    private static let treeOf = "EXPLAIN AST "

    /// What SHOW, DESCRIBE or EXISTS answers, as a SELECT of constants: those cannot be subqueries.
    private func answer(_ statement: ClientStatement) throws(WarehouseError) -> String {
        try asGate { () throws(EngineFailure) in try gate.rows(statement.sql).asSelect }
    }

    private func asGate<Result>(_ call: () throws(EngineFailure) -> Result) throws(WarehouseError) -> Result {
        do throws(EngineFailure) { return try call() } catch {
            throw ErrorCodes.ofClient(error.inStatement(after: ClientSession.treeOf))
        }
    }

    private func settings(_ limits: QueryLimits) -> String {
        """
        max_execution_time = \(limits.seconds), timeout_overflow_mode = 'throw', \
        max_memory_usage = \(limits.memoryBytesMax), max_threads = \(threads), max_insert_threads = 1, allow_ddl = 0
        """
    }
}
