import Platform
import Synchronization

/// Runs clients' SQL, one statement at a time, behind three walls, each enough against most:
/// 1. the tree of the statement holds only what `QueryGate` lists;
/// 2. the engine, in a session that can only read, agrees to analyse it;
/// 3. it runs as a subquery, where only a SELECT can stand.
///
/// It cannot simply run in the session that can only read: answers leave the engine as an INSERT into a pipe.
final class ClientSession: Sendable {
    private let connect: @Sendable () throws(WarehouseError) -> EngineConnection
    private let work: EngineConnection
    private let gate: QueryGate
    /// Names of output formats by their lower case.
    private let formats: [String: String]
    private let threads: Int
    /// Tells this session's statements from all others.
    private let mark: String

    /// Of what may be ended at any time.
    static let markPrefix = "cinelog client "
    private static let count = Atomic<Int>(0)

    init(threads: Int, connect: @escaping @Sendable () throws(WarehouseError) -> EngineConnection)
        throws(WarehouseError)
    {
        self.connect = connect
        self.threads = threads
        mark = ClientSession.markPrefix + "\(ClientSession.count.wrappingAdd(1, ordering: .relaxed).newValue)"
        let work = try connect()
        self.work = work
        do throws(EngineFailure) {
            let functions = try work.rows(
                "SELECT lower(name) FROM system.table_functions "
                    + "WHERE lower(name) NOT IN (SELECT lower(name) FROM system.functions)")
            gate = QueryGate(tableFunctions: Set(functions.rows.compactMap { $0[0] }))
            let names = try work.rows("SELECT name FROM system.formats WHERE is_output").rows.compactMap { $0[0] }
            formats = Dictionary(names.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
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
        let start = Clock.monotonicMilliseconds()
        let sql = try judge(statement, limits)
        onFormat(format)
        var left = limits
        left.seconds = max(1, limits.seconds - Int(Clock.monotonicMilliseconds() - start) / 1000)
        let rows = try answer(sql, format, left, sink)
        if let rows, rows > limits.rowsMax {
            throw .limit("The answer has more than \(limits.rowsMax) rows and was cut there")
        }
    }

    /// Puts the statement before the first two walls. Answers the SELECT or EXPLAIN to run.
    private func judge(_ statement: ClientStatement, _ limits: QueryLimits) throws(WarehouseError) -> String {
        let reader = try connect()
        do throws(EngineFailure) {
            try reader.run("SET " + settings(limits))
            // One way: from here on this session refuses to write, to touch files and to change settings.
            try reader.run("SET readonly = 1")
            let tree = try reader.rows(ClientSession.treeOf + statement.sql)
            if let refusal = gate.refusal(of: statement, tree: tree.rows.compactMap { $0[0] }) {
                throw EngineFailure(code: EngineFailure.readOnly, message: refusal)
            }
            switch statement.kind {
            case .select: try reader.run("DESCRIBE TABLE (\(statement.sql)\n)")
            case .explain: break
            // SHOW, DESCRIBE and EXISTS cannot be subqueries: they are answered here and said again as constants.
            case .about: return try reader.rows(statement.sql).asSelect
            }
        } catch {
            throw ErrorCodes.ofClient(error.inStatement(after: ClientSession.treeOf))
        }
        return statement.sql
    }

    private static let treeOf = "EXPLAIN AST "

    private func answer(
        _ sql: String, _ format: String, _ limits: QueryLimits, _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(WarehouseError) -> Int64? {
        let pipe = try AnswerPipe()
        let settings = "\(settings(limits)), allow_ddl = 0, log_comment = '\(mark)'"
        let insert = pipe.insert(sql, format: format, settings: settings, rowsMax: limits.rowsMax + 1)
        do throws(EngineFailure) {
            return try work.stream(insert, through: pipe, cancel: cancel, sink)
        } catch {
            throw ErrorCodes.ofClient(error)
        }
    }

    private func settings(_ limits: QueryLimits) -> String {
        """
        max_execution_time = \(limits.seconds), timeout_overflow_mode = 'throw', \
        max_memory_usage = \(limits.memoryBytesMax), max_threads = \(threads), max_insert_threads = 1
        """
    }

    /// Ends what `work` runs. The driver's own cancelling is accepted and does nothing.
    private func cancel() {
        _ = try? connect().run("KILL QUERY WHERE Settings['log_comment'] = '\(mark)' ASYNC")
    }

    /// Ends what every client's session runs.
    static func cancelAll(_ connection: EngineConnection) {
        _ = try? connection.run("KILL QUERY WHERE startsWith(Settings['log_comment'], '\(markPrefix)') ASYNC")
    }
}

extension EngineFailure {
    /// ClickHouse's READONLY.
    static let readOnly = 164
}
