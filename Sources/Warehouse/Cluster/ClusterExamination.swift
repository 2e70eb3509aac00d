internal import Platform

/// A look at every node of a cluster, each by itself, so that what one knows of another is not taken for its word. Nothing is
/// changed. Blocks: up to some seconds for a node that does not answer.
public struct ClusterExamination: Sendable {
    private static let timeoutMilliseconds = 3_000
    /// Wrong user, wrong password, no password, address not allowed, not granted, authentication failed.
    private static let denials: Set<Int> = [192, 193, 194, 195, 497, 516]

    private let options: ClusterOptions

    public init(_ options: ClusterOptions) { self.options = options }

    /// In the order of the options.
    public func look() -> [NodeReport] { options.nodes.map(look) }

    private func look(_ url: String) -> NodeReport {
        let node = ClusterNode(url, options)
        defer { node.close() }
        var report = NodeReport(url: url)
        do throws(NodeFailure) {
            try examine(node, &report)
        } catch {
            report.failure = ClusterExamination.failure(error)
        }
        return report
    }

    private static func failure(_ failure: NodeFailure) -> NodeReport.Failure {
        switch failure {
        case .away(let why): .away(why)
        case .here(let error): .away("\(error)")
        case .server(let error): denials.contains(error.code) ? .denied(error.message) : .refused(error.message)
        }
    }

    private func examine(_ node: ClusterNode, _ report: inout NodeReport) throws(NodeFailure) {
        report.clockAheadSeconds = try clock(node)
        let probe = try NodeProbe(node, cluster: options.cluster)
        (report.shard, report.nodes) = (probe.shard, probe.nodes)
        report.version = try rows(node, "SELECT version()").first?.first ?? ""
        let cluster = "FROM system.clusters WHERE cluster = '\(options.cluster.sqlEscaped)'"
        report.shards = try number(node, "SELECT count(DISTINCT shard_num) \(cluster)")
        // Old servers call every replica of their own shard local.
        report.replica = try number(
            node, "SELECT if(count() = 1, toUInt64(max(replica_num)), toUInt64(0)) \(cluster) AND is_local")
        report.macros = Dictionary(
            try rows(node, "SELECT macro, substitution FROM system.macros").map { ($0[0], $0[1]) }
        ) { $1 }
        report.disks = try disks(node)
        report.schema = try schema(node)
        report.keeperFailure = keeper(node)
        report.replicas = try replicas(node, asksKeeper: report.keeperFailure == nil)
    }

    /// A server tells whole seconds: what lies within one is no difference.
    private func clock(_ node: ClusterNode) throws(NodeFailure) -> Double {
        let before = Double(Clock.unixMilliseconds()) / 1000
        let told = Double(try number(node, "SELECT toUnixTimestamp(now())"))
        let after = Double(Clock.unixMilliseconds()) / 1000
        if told > after { return told - after }
        return told + 1 < before ? told + 1 - before : 0
    }

    private func schema(_ node: ClusterNode) throws(NodeFailure) -> Int? {
        let tables = "SELECT count() FROM system.tables WHERE database = 'default' AND name = 'schema_migrations'"
        guard try number(node, tables) > 0 else { return nil }
        let version = try number(node, Migrations.appliedVersion)
        return version > 0 ? version : nil
    }

    /// - Parameter asksKeeper: how many replicas are active a node asks the keeper; it would wait for one that is away.
    private func replicas(_ node: ClusterNode, asksKeeper: Bool) throws(NodeFailure) -> [NodeReport.Replica] {
        let active = asksKeeper ? "total_replicas, active_replicas" : "0, 0"
        let rows = try rows(
            node,
            "SELECT table, is_readonly OR is_session_expired, absolute_delay, queue_size, \(active) "
                + "FROM system.replicas WHERE database = 'default' ORDER BY table")
        return rows.compactMap { row in
            let numbers = row.dropFirst().compactMap { Int($0) }
            guard numbers.count == 5 else { return nil }
            return NodeReport.Replica(
                table: row[0], isReadOnly: numbers[0] != 0, delay: numbers[1], queue: numbers[2], replicas: numbers[3],
                active: numbers[4])
        }
    }

    private func disks(_ node: ClusterNode) throws(NodeFailure) -> [NodeReport.Disk]? {
        let tables = "SELECT count() FROM system.tables WHERE database = 'system' AND name = 'disks'"
        guard try number(node, tables) > 0 else { return nil }
        // Disks of objects (S3) tell the greatest number there is.
        let rows = try rows(node, "SELECT name, toString(free_space), toString(total_space) FROM system.disks")
        return rows.compactMap { row in
            guard let free = Int64(row[1]), let total = Int64(row[2]) else { return nil }
            return NodeReport.Disk(name: row[0], freeBytes: free, totalBytes: total)
        }
    }

    private func keeper(_ node: ClusterNode) -> String? {
        do throws(NodeFailure) {
            _ = try number(node, "SELECT count() FROM system.zookeeper WHERE path = '/'")
            return nil
        } catch {
            switch ClusterExamination.failure(error) {
            case .away(let why), .denied(let why), .refused(let why): return why
            }
        }
    }

    private func number(_ node: ClusterNode, _ sql: String) throws(NodeFailure) -> Int {
        let answer = try rows(node, sql).first?.first ?? ""
        guard let number = Int(answer) else { throw .away("it does not answer with a number: \(answer.prefix(100))") }
        return number
    }

    private func rows(_ node: ClusterNode, _ sql: String) throws(NodeFailure) -> [[String]] {
        try node.text(sql, timeoutMilliseconds: ClusterExamination.timeoutMilliseconds).split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
