package import Warehouse

/// Does the cluster have the shape that its tables need, and are its nodes alike?
package enum ClusterChecks {
    static func run(_ options: ClusterOptions) -> [Check] {
        let reports = ClusterExamination(options).look()
        return reports.flatMap { NodeChecks(report: $0, cluster: options.cluster).all }
            + judge(reports, options.cluster)
    }

    /// What only all of them together show; of those that answered.
    package static func judge(_ reports: [NodeReport], _ name: String) -> [Check] {
        let good = reports.filter { $0.failure == nil && $0.shard > 0 }
        guard let first = good.first else { return [] }
        return [shape(good, first, named: reports.count, name), macros(good), versions(good, first)].compactMap { $0 }
    }

    private static func shape(_ good: [NodeReport], _ first: NodeReport, named: Int, _ name: String) -> Check {
        let subject = "cluster \(name)"
        guard good.allSatisfy({ $0.nodes == first.nodes && $0.shards == first.shards }) else {
            let told = good.map { "\($0.url): \($0.shards) shards, \($0.nodes) nodes" }.joined(separator: "; ")
            return .failed(subject, "its nodes differ: \(told)", do: "give all the same remote_servers")
        }
        guard first.nodes == named else {
            return .failed(
                subject, "has \(first.nodes) nodes, and CLICKHOUSE_NODES names \(named)",
                do: "name every node: the tables are made on each")
        }
        if let pair = twice(good.filter({ $0.replica > 0 }), { "shard \($0.shard) replica \($0.replica)" }) {
            return .failed(
                subject, "two addresses are one node: \(pair)", do: "name every node once in CLICKHOUSE_NODES")
        }
        return .ok(subject, "\(first.shards) shards, \(first.nodes) nodes, all of them named")
    }

    /// Where a table's replica keeps its state in the keeper: by shard and replica.
    private static func macros(_ good: [NodeReport]) -> Check? {
        let subject = "macros"
        let advice = "give each node its own: shard the same for the replicas of one shard, replica for it alone"
        let told = good.filter { $0.macros["shard"] != nil && $0.macros["replica"] != nil }
        if let pair = twice(told, { "shard \($0.macros["shard"] ?? ""), replica \($0.macros["replica"] ?? "")" }) {
            return .failed(subject, "two nodes have the same: \(pair)", do: advice)
        }
        for one in told {
            for other in told where (one.shard == other.shard) != (one.macros["shard"] == other.macros["shard"]) {
                return .failed(
                    subject, "\(one.url) and \(other.url) differ from remote_servers in what a shard is", do: advice)
            }
        }
        return told.isEmpty ? nil : .ok(subject, "fit the cluster's shards")
    }

    private static func versions(_ good: [NodeReport], _ first: NodeReport) -> Check? {
        guard let other = good.first(where: { $0.version != first.version }) else { return nil }
        return .warning(
            "versions", "\(first.url) is \(first.version), \(other.url) is \(other.version)",
            do: "bring all nodes to one release")
    }

    private static func twice(_ reports: [NodeReport], _ place: (NodeReport) -> String) -> String? {
        Dictionary(grouping: reports, by: place).first { $0.value.count > 1 }
            .map { "\($0.key) (\($0.value.map(\.url).joined(separator: ", ")))" }
    }
}
