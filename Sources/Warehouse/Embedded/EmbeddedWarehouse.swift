import Events
import Glibc
public import Platform
import Synchronization

/// A Warehouse within the process: chDB (ClickHouse as a library) on a folder of its own. One a folder, and one at a
/// time in a process.
///
/// Lines reach the engine through a file in memory and answers leave it through a pipe, both by their paths under
/// /proc/self/fd: the driver itself takes rows only as SQL text and gives them only as Arrow.
public final class EmbeddedWarehouse: Warehouse {
    /// Inserts that run at once: one a topic.
    private static let writersMax = Topic.allCases.count
    /// Queries of the house's own that run at once.
    private static let askersMax = 4

    public let dialect: Dialect
    /// Absolute.
    package let folder: String
    let insertTime: Histogram?
    let writers: Pool<Writer>
    let askers: Pool<EngineConnection>
    let clients: Pool<ClientSession>
    /// Where tables keep their parts, by storage name.
    let tableFolders = Mutex<[String: String]>([:])
    /// Where events may be stored more than once.
    let watches = Mutex<[EventKind: CopyWatch]>([:])
    private let log: Logger
    /// Let go of in `close`, after the connections: first the engine, then the folder.
    private let opened: Condition<(process: EngineLock, folder: FolderLock, database: EngineDatabase)?>

    /// A session for inserts with its file for lines.
    final class Writer: Sendable {
        let connection: EngineConnection
        let file: MemoryFile

        init(_ connection: EngineConnection, _ file: MemoryFile) {
            self.connection = connection
            self.file = file
        }
    }

    /// Opens `folder`, which is made when it does not exist, and starts the engine (0.2 s). `libraryPath`: the library or
    /// its folder (`CHDB_LIB_PATH`); nil searches for it, see `LibrarySearch`. The process ignores SIGPIPE from then on.
    public init(
        folder: String, libraryPath: String? = nil, options: EmbeddedOptions = EmbeddedOptions(),
        logger: Logger, metrics: MetricsRegistry? = nil
    ) throws(WarehouseError) {
        let library = try LibrarySearch.find(explicit: libraryPath)
        SignalDispositions.ignoreBrokenPipes()
        let signals = SignalDispositions()
        defer { signals.restore() }
        let lock = try FolderLock(folder)
        let engineLock = try EngineLock()
        self.folder = lock.folder
        try EngineFolder.prepare(lock.folder)
        let database = try EmbeddedWarehouse.open(library, lock.folder, options)
        let connect: @Sendable () throws(WarehouseError) -> EngineConnection = { () throws(WarehouseError) in
            do throws(EngineFailure) { return try EngineConnection(database) } catch { throw ErrorCodes.ofHouse(error) }
        }
        let busy = WarehouseError.unavailable("The warehouse is busy: other calls take too long")
        writers = Pool(countMax: EmbeddedWarehouse.writersMax, late: busy) { () throws(WarehouseError) in
            Writer(try connect(), try MemoryFile())
        }
        askers = Pool(countMax: EmbeddedWarehouse.askersMax, late: busy, make: connect)
        let crowd = WarehouseError.limit("Too many queries at once: try again later")
        clients = Pool(countMax: options.clientQueriesMax, late: crowd) { () throws(WarehouseError) in
            try ClientSession(threads: options.queryThreads, connect: connect)
        }
        dialect = .embedded(retentionDays: options.retentionDays, auditDays: options.auditDays)
        log = logger
        insertTime = metrics?.histogram("cinelog_warehouse_insert_seconds", "Time of one insert into the warehouse")
        opened = Condition((engineLock, lock, database))
        // The engine starts with its first connection, and runs for as long as there is one.
        try askers.withOne(waitingAtMost: 0) { _ throws(WarehouseError) in }
        logger.info("warehouse open", ["folder": lock.folder, "library": library])
    }

    deinit { close() }

    private static func open(_ library: String, _ folder: String, _ options: EmbeddedOptions)
        throws(WarehouseError) -> EngineDatabase
    {
        let engine = try Engine.load(library)
        do throws(EngineFailure) {
            return try EngineDatabase(engine, folder: folder, arguments: options.engineArguments)
        } catch {
            throw ErrorCodes.ofHouse(error)
        }
    }

    /// Ends clients' queries, waits for the other running calls, stops the engine and frees the folder. Does nothing the
    /// second time.
    public func close() {
        clients.shut()
        try? askers.withOne(waitingAtMost: 1_000) { (connection) throws(WarehouseError) in
            ClientSession.cancelAll(connection)
        }
        clients.close()
        writers.close()
        askers.close()
        opened.withLock { $0 = nil }
    }

    public func migrate() throws(WarehouseError) {
        let migrator = Migrator(
            dialect: dialect, log: log,
            run: { (sql) throws(WarehouseError) in try self.query(sql, format: "Null") { _ in } },
            ask: { (sql) throws(WarehouseError) in try self.text(sql) })
        try migrator.migrate()
        try syncFolders()
    }

    /// The names of the tables' own folders and definitions outlast a loss of power, as the log is trimmed of what they hold.
    private func syncFolders() throws(WarehouseError) {
        guard let root = opened.withLock({ $0?.folder.folder }) else { return }
        do {
            var level = [root]
            // warehouse/store/<3 digits>/<table>
            for _ in 0...3 {
                for folder in level { try Folder.sync(folder) }
                level = try level.flatMap { folder in try FileTree.subfolders(of: folder).map { "\(folder)/\($0)" } }
            }
        } catch {
            throw .unavailable("\(error)")
        }
    }

    /// What ClickHouse's own accounting says: queries, caches, merges; not the library itself.
    public var engineMemoryBytes: Int64? {
        try? number("SELECT value FROM system.metrics WHERE metric = 'MemoryTracking'")
    }
}
