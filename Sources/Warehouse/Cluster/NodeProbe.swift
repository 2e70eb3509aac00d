/// What a look at a node finds.
struct NodeProbe {
    let version: ClusterServer.Version
    let hasFinalExactMode: Bool
    /// 0: the node is not in the cluster.
    let shard: Int
    /// Nodes of the cluster.
    let nodes: Int
    /// Tables that cannot be written to, or lack what other replicas have had for long.
    let tablesBehind: Int

    /// Seconds. A table that was never written to has a delay of 0, as one has that lacks nothing.
    private static let delayMax = 5
    private static let timeoutMilliseconds = 3_000

    init(_ node: ClusterNode, cluster: String) throws(NodeFailure) {
        let name = cluster.sqlEscaped
        let answer = try node.text(
            """
            SELECT version(),
                (SELECT count() FROM system.settings WHERE name = 'use_skip_indexes_if_final_exact_mode'),
                (SELECT max(shard_num) FROM system.clusters WHERE cluster = '\(name)' AND is_local),
                (SELECT count() FROM system.clusters WHERE cluster = '\(name)'),
                (SELECT count() FROM system.replicas WHERE database = 'default'
                    AND (is_readonly OR is_session_expired OR absolute_delay > \(NodeProbe.delayMax)))
            """, timeoutMilliseconds: NodeProbe.timeoutMilliseconds)
        let words = answer.split(whereSeparator: { $0 == "\t" || $0 == "\n" })
        let numbers = words.dropFirst().compactMap { Int($0) }
        guard numbers.count == 4, let version = ClusterServer.Version(String(words[0])) else {
            throw .away("it does not say what it is: \(answer.prefix(100))")
        }
        self.version = version
        hasFinalExactMode = numbers[0] > 0
        (shard, nodes, tablesBehind) = (numbers[1], numbers[2], numbers[3])
    }
}
