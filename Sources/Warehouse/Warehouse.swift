public import Events

/// The analytical store: tables of events that are queried with SQL. Embedded/ (chDB) and Cluster/ implement it.
/// All calls block: make them from a thread of your own. Safe to call from several at once.
public protocol Warehouse: AnyObject, Sendable {
    /// Brings the tables to the newest schema; does nothing when they are.
    func migrate() throws(WarehouseError)

    /// Inserts lines in the target's format (`InsertTarget`), all or none.
    /// The same `token` with the same lines again is a no-op: the insert may be repeated after any doubt.
    func insert(_ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String) throws(WarehouseError)

    /// As `insert`, for lines that a process which is gone may have inserted under this token, wholly, in part, or not at all;
    /// afterwards they are in. Where power was lost an engine may remember the token and have lost the lines.
    func insertMissing(_ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String) throws(WarehouseError)

    /// Runs a statement of the house's own (never a client's) and hands the answer on in the given ClickHouse format.
    func query(_ sql: String, format: String, _ sink: (UnsafeRawBufferPointer) -> Void) throws(WarehouseError)

    /// The same of a SELECT, within the time and memory of `limits`.
    func query(_ sql: String, format: String, limits: QueryLimits, _ sink: (UnsafeRawBufferPointer) -> Void)
        throws(WarehouseError)

    /// Runs a client's SQL: SELECT, WITH, EXPLAIN, SHOW, DESCRIBE or EXISTS and nothing else; no files, no
    /// URLs, no settings, within `limits`. A FORMAT clause in the SQL wins over
    /// `defaultFormat`; `onFormat` is told which it is, before the first bytes. `sink` answers false to stop (the client
    /// has gone).
    func readOnlyQuery(
        _ sql: String, defaultFormat: String, limits: QueryLimits, onFormat: (String) -> Void,
        _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(WarehouseError)

    /// The sum of what the servers answer to a statement about themselves, each its one whole number; nil where one does not.
    func numberEverywhere(_ sql: String) throws(WarehouseError) -> Int64?

    /// How the tables are said to this server.
    var dialect: Dialect { get }

    /// Where events may be stored more than once just now.
    var copies: Copies { get }

    /// Looks where that is, and takes rows out that FINAL would pass over. May take as long as several questions about everything.
    func removeCopies(of kind: EventKind) throws(WarehouseError)

    /// Memory of the engine within this process, bytes; nil where it is not within.
    var engineMemoryBytes: Int64? { get }

    func close()
}

extension Warehouse {
    /// Where lines and token are stored in one step, the token is enough.
    public func insertMissing(_ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String)
        throws(WarehouseError)
    {
        try insert(lines, into: target, token: token)
    }

    /// As settings of the statement's own.
    public func query(_ sql: String, format: String, limits: QueryLimits, _ sink: (UnsafeRawBufferPointer) -> Void)
        throws(WarehouseError)
    {
        try query("\(sql)\nSETTINGS \(limits.settings)", format: format, sink)
    }

    /// Where nobody looks, or others insert too.
    public var copies: Copies { .anywhere }

    public func removeCopies(of kind: EventKind) throws(WarehouseError) {}

    /// Where there is one server.
    public func numberEverywhere(_ sql: String) throws(WarehouseError) -> Int64? { try number(sql) }

    /// The whole answer of `query` as text.
    public func text(_ sql: String, format: String = "TSV") throws(WarehouseError) -> String {
        let answer = ByteBuffer()
        try query(sql, format: format) { answer.append($0) }
        return answer.string
    }

    /// The only value of the answer of `query`; nil: it is no whole number, or there is none.
    public func number(_ sql: String) throws(WarehouseError) -> Int64? {
        Int64(try text(sql).prefix { $0 != "\n" })
    }
}

/// Where lines go. Lines of JSON are objects whose keys are the table's columns.
public enum InsertTarget: Hashable, Sendable {
    /// The kind's events: canonical lines.
    case events(EventKind)
    /// `quarantine`: what was refused, by a check or by the engine; lines of JSON.
    case quarantine
    /// `deliveries`: what became of each position of the log; TabSeparated, all columns in the table's order. (A line for
    /// each event: half as long as JSON, and read three times as fast.)
    case deliveries
    /// `erasures`: receipts; lines of JSON.
    case erasures
}

public struct QueryLimits: Sendable {
    public var rowsMax: Int
    public var seconds: Int
    public var memoryBytesMax: Int

    public init(rowsMax: Int = 1_000_000, seconds: Int = 30, memoryBytesMax: Int = 1 << 30) {
        self.rowsMax = rowsMax
        self.seconds = seconds
        self.memoryBytesMax = memoryBytesMax
    }

    /// As settings in SQL. Rows are counted where they come out.
    var settings: String {
        "max_execution_time = \(seconds), timeout_overflow_mode = 'throw', max_memory_usage = \(memoryBytesMax)"
    }
}

public enum WarehouseError: Error, Sendable, Equatable {
    /// Try again later: away, overloaded, out of memory or disk.
    case unavailable(String)
    /// An insert failed with an error that is not known to pass, nor to be the lines' fault. Try again; where it goes on,
    /// find out by inserting fewer lines.
    case failed(String)
    /// The lines of this insert were refused for what they contain: bisect.
    case refusedContent(String)
    /// The statement is at fault: a client's SQL that does not parse, or that is not allowed.
    case badQuery(String)
    /// A limit of `QueryLimits` was reached.
    case limit(String)
}
