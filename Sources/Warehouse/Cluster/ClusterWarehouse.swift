import Events
public import Platform
import Synchronization

/// A Warehouse on a cluster of ClickHouse servers, over HTTP: replicated tables on its shards, and Distributed ones over them on
/// every node. Why it does what it does: docs/decisions/0010-cluster.md.
public final class ClusterWarehouse: Warehouse {
    /// A migration that meets another process's is tried again so often, after so long.
    private static let triesMax = 5
    private static let pauseMilliseconds = 500

    public let dialect: Dialect
    let nodes: ClusterNodes
    let options: ClusterOptions
    let gate: QueryGate
    private let monitor: ClusterMonitor
    private let log: Logger

    /// Looks at every node. One at least must answer: what the servers can is asked here.
    public init(_ options: ClusterOptions, logger: Logger) throws(WarehouseError) {
        let nodes = ClusterNodes(options)
        self.options = options
        self.nodes = nodes
        log = logger
        let (first, probe) = try ClusterWarehouse.firstAnswer(nodes, options)
        let dialect = Dialect.cluster(
            ClusterServer(
                cluster: options.cluster, version: probe.version, hasFinalExactMode: probe.hasFinalExactMode),
            retentionDays: options.retentionDays, auditDays: options.auditDays)
        self.dialect = dialect
        gate = try ClusterWarehouse.gate(first)
        let migrate: @Sendable (ClusterNode) throws(WarehouseError) -> Void = { (node) throws(WarehouseError) in
            try ClusterWarehouse.migrate(node, dialect, logger)
        }
        monitor = ClusterMonitor(nodes, cluster: options.cluster, log: logger, migrate: migrate)
        for node in nodes.all { monitor.look(node) }
        monitor.start()
        logger.info("cluster", ["nodes": "\(nodes.all.count)", "version": "\(probe.version)"])
    }

    deinit { close() }

    public func close() {
        monitor.stop()
        for node in nodes.all { node.close() }
    }

    public var engineMemoryBytes: Int64? { nil }

    /// The nodes as they are asked, by the program and by readers.
    var order: [ClusterNode] { nodes.order(inTurn: !dialect.keepsToOneNode) }

    // MARK: Opening

    private static func firstAnswer(_ nodes: ClusterNodes, _ options: ClusterOptions) throws(WarehouseError)
        -> (ClusterNode, NodeProbe)
    {
        let (node, probe) = try nodes.onOne(ErrorCodes.ofHouse) { (node) throws(NodeFailure) in
            (node, try NodeProbe(node, cluster: options.cluster))
        }
        guard probe.nodes > 0 else {
            throw .unavailable("\(node.url) knows no cluster \(options.cluster): see CLICKHOUSE_CLUSTER")
        }
        guard probe.nodes <= nodes.all.count else {
            throw .unavailable(
                "the cluster \(options.cluster) has \(probe.nodes) nodes, CLICKHOUSE_NODES names \(nodes.all.count): "
                    + "the tables are made on each, so name them all")
        }
        return (node, probe)
    }

    private static func gate(_ node: ClusterNode) throws(WarehouseError) -> QueryGate {
        do throws(NodeFailure) {
            let names = try node.text(
                "SELECT lower(name) FROM system.table_functions "
                    + "WHERE lower(name) NOT IN (SELECT lower(name) FROM system.functions)")
            return QueryGate(tableFunctions: Set(names.split(separator: "\n").map(String.init)))
        } catch {
            throw node.meaning(of: error, ErrorCodes.ofHouse)
        }
    }

    // MARK: The schema

    /// Makes the tables on every node that answers; on the others as soon as they do. Each node by itself and not `ON CLUSTER`: the
    /// queue of such statements would wait for each node that is away, once a statement.
    public func migrate() throws(WarehouseError) {
        var away: [String] = []
        for node in nodes.all {
            guard node.isReachable else {
                away.append(node.url)
                continue
            }
            try migrate(node)
        }
        if !away.isEmpty { log.warning("tables are made later", ["nodes": away.joined(separator: ",")]) }
    }

    /// Another store may be at it: every statement may be run twice, but not always twice at once.
    private func migrate(_ node: ClusterNode) throws(WarehouseError) {
        for _ in 1..<ClusterWarehouse.triesMax {
            if (try? ClusterWarehouse.migrate(node, dialect, log)) != nil { return }
            Pause.milliseconds(ClusterWarehouse.pauseMilliseconds)
        }
        try ClusterWarehouse.migrate(node, dialect, log)
    }

    private static func migrate(_ node: ClusterNode, _ dialect: Dialect, _ log: Logger) throws(WarehouseError) {
        let ask: (String) throws(WarehouseError) -> String = { (sql) throws(WarehouseError) in
            do throws(NodeFailure) { return try node.text(sql) } catch {
                throw node.meaning(of: error, ErrorCodes.ofHouse)
            }
        }
        let migrator = Migrator(
            dialect: dialect, log: log, run: { (sql) throws(WarehouseError) in _ = try ask(sql) }, ask: ask)
        try node.oneMigration.withLock { (_) throws(WarehouseError) in try migrator.migrate() }
        node.health.withLock { $0.isMigrated = true }
    }
}
