import Platform

/// Looks at every node each second, on a thread each: one that hangs does not hide the others. Marks what is away, behind or back,
/// and has the tables made where they are not yet.
final class ClusterMonitor: Sendable {
    private static let pauseMilliseconds = 1_000

    private let cluster: String
    private let nodes: ClusterNodes
    private let log: Logger
    private let isStopped = Condition(false)
    private let threads = Condition<[Thread]>([])
    /// Makes the tables.
    private let migrate: @Sendable (ClusterNode) throws(WarehouseError) -> Void

    init(
        _ nodes: ClusterNodes, cluster: String, log: Logger,
        migrate: @escaping @Sendable (ClusterNode) throws(WarehouseError) -> Void
    ) {
        self.nodes = nodes
        self.cluster = cluster
        self.log = log
        self.migrate = migrate
    }

    func start() {
        threads.withLock { threads in
            threads = nodes.all.map { node in Thread("clickhouse") { [self] in watch(node) } }
        }
    }

    func stop() {
        isStopped.withLock { $0 = true }
        isStopped.broadcast()
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private func watch(_ node: ClusterNode) {
        while !isStopped.wait(atMost: ClusterMonitor.pauseMilliseconds, until: { $0 }, then: { $0 }) {
            look(node)
            if node.health.withLock({ $0.isReachable && !$0.isMigrated }) { finish(node) }
        }
    }

    /// Notes what the node says of itself; answers it, nil where the node is away.
    @discardableResult
    func look(_ node: ClusterNode) -> NodeProbe? {
        do throws(NodeFailure) {
            let probe = try NodeProbe(node, cluster: cluster)
            note(node, probe)
            return probe
        } catch {
            note(node, error)
            return nil
        }
    }

    private func note(_ node: ClusterNode, _ probe: NodeProbe) {
        let before = node.health.withLock { health in
            let before = health
            health.isReachable = true
            health.isCurrent = probe.tablesBehind == 0
            health.shard = probe.shard
            // It may be another machine now, with an empty disk.
            if !before.isReachable { health.isMigrated = false }
            return before
        }
        if !before.isReachable { log.info("node answers", ["node": node.url, "shard": "\(probe.shard)"]) }
        if before.isCurrent, probe.tablesBehind > 0 {
            log.warning(
                "node is behind or cannot be written to", ["node": node.url, "tables": "\(probe.tablesBehind)"])
        } else if before.isReachable, !before.isCurrent, probe.tablesBehind == 0 {
            log.info("node has caught up", ["node": node.url])
        }
    }

    private func note(_ node: ClusterNode, _ failure: NodeFailure) {
        let wasReachable = node.isReachable
        let meaning = node.meaning(of: failure, ErrorCodes.ofHouse)
        node.health.withLock {
            $0.isReachable = false
            $0.failure = "\(meaning)"
        }
        if wasReachable { log.warning("node is away", ["node": node.url, "reason": "\(meaning)"]) }
    }

    private func finish(_ node: ClusterNode) {
        do throws(WarehouseError) {
            try migrate(node)
        } catch {
            log.warning("tables cannot be made yet", ["node": node.url, "reason": "\(error)"])
        }
    }
}
