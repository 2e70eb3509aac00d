package import Warehouse

/// What is to be said of one node of the cluster.
package struct NodeChecks {
    let report: NodeReport
    let cluster: String

    package init(report: NodeReport, cluster: String) { (self.report, self.cluster) = (report, cluster) }

    private static let clockSeconds = (warning: 2.0, failed: 60.0)
    private static let delaySecondsMax = 5
    private static let queueMax = 1_000
    private static let freePercent: (warning: Int64, failed: Int64) = (15, 3)

    private func subject(_ what: String) -> String { "\(report.url) \(what)" }

    package var all: [Check] {
        guard let failure = report.failure else {
            return [place, clock, macros, keeper, schema, replicas] + disks
        }
        return [NodeChecks.answer(failure, subject("node"))]
    }

    private static func answer(_ failure: NodeReport.Failure, _ subject: String) -> Check {
        switch failure {
        case .away(let why):
            .failed(subject, why, do: "start it, or mend its address in CLICKHOUSE_NODES or the network")
        case .denied(let why):
            .failed(subject, why, do: "set CLICKHOUSE_USER and CLICKHOUSE_PASSWORD as in the node's users.xml")
        case .refused(let why):
            .failed(subject, why, do: "see what CLICKHOUSE_USER may do there, and the node's log")
        }
    }

    private var place: Check {
        guard report.nodes > 0 else {
            return .failed(
                subject("node"), "knows no cluster \(cluster)",
                do: "set CLICKHOUSE_CLUSTER, or declare it in the node's remote_servers")
        }
        guard report.shard > 0 else {
            return .failed(
                subject("node"), "is not in the cluster \(cluster) itself",
                do: "see host and port of this node in its remote_servers")
        }
        let replica = report.replica > 0 ? ", replica \(report.replica)" : ""
        return .ok(subject("node"), "ClickHouse \(report.version), shard \(report.shard)\(replica)")
    }

    private var clock: Check {
        let seconds = report.clockAheadSeconds
        let found = "\((abs(seconds) * 10).rounded() / 10) s \(seconds < 0 ? "behind" : "ahead of") this machine"
        let advice = "let both machines follow a time server (NTP)"
        if abs(seconds) > NodeChecks.clockSeconds.failed { return .failed(subject("clock"), found, do: advice) }
        if abs(seconds) > NodeChecks.clockSeconds.warning { return .warning(subject("clock"), found, do: advice) }
        return .ok(subject("clock"), "as this machine's")
    }

    private var macros: Check {
        let missing = ["shard", "replica"].filter { (report.macros[$0] ?? "").isEmpty }
        guard missing.isEmpty else {
            return .failed(
                subject("macros"), "without \(missing.joined(separator: " and "))",
                do: "declare them in the node's macros")
        }
        return .ok(subject("macros"), "shard \(report.macros["shard"]!), replica \(report.macros["replica"]!)")
    }

    private var keeper: Check {
        guard let why = report.keeperFailure else { return .ok(subject("keeper"), "reached") }
        return .failed(
            subject("keeper"), why, do: "start ZooKeeper or Keeper, or mend the node's zookeeper section: loading waits"
        )
    }

    private var schema: Check {
        let newest = Migrations.newest
        guard let found = report.schema else {
            return .warning(subject("tables"), "none yet", do: "cinelog migrate makes them, and so does the next start")
        }
        if found < newest {
            return .warning(
                subject("tables"), "of schema \(found), this program's is \(newest)",
                do: "cinelog migrate, or start cinelog store")
        }
        guard found == newest else {
            return .failed(
                subject("tables"), "of a newer Cinelog: schema \(found), this program's is \(newest)",
                do: "use the newer Cinelog")
        }
        return .ok(subject("tables"), "of schema \(found)")
    }

    private var replicas: Check {
        let all = report.replicas
        guard !all.isEmpty else { return .ok(subject("replicas"), "no replicated table yet") }
        let readOnly = all.filter(\.isReadOnly).map(\.table)
        guard readOnly.isEmpty else {
            return .failed(
                subject("replicas"), "cannot be written: \(readOnly.joined(separator: ", "))",
                do: "see that the node reaches the keeper; then SYSTEM RESTART REPLICA")
        }
        let behind = all.filter { $0.delay > NodeChecks.delaySecondsMax || $0.queue > NodeChecks.queueMax }
        guard behind.isEmpty else {
            let told = behind.map { "\($0.table) by \($0.delay) s (\($0.queue) queued)" }.joined(separator: ", ")
            return .warning(
                subject("replicas"), "behind: \(told)", do: "wait; if it grows, see system.replication_queue")
        }
        let alone = all.filter { $0.active < $0.replicas }
        guard alone.isEmpty else {
            let told = alone.map { "\($0.table) \($0.active) of \($0.replicas)" }.joined(separator: ", ")
            return .warning(subject("replicas"), "others are away: \(told)", do: "bring the other replica's node back")
        }
        return .ok(subject("replicas"), "\(all.count) tables, in sync")
    }

    private var disks: [Check] {
        guard let disks = report.disks else { return [.ok(subject("disk"), "this release does not tell")] }
        return disks.filter { $0.totalBytes > 0 }.map { disk in
            let what = subject("disk \(disk.name)")
            let percent = Int64(Double(disk.freeBytes) / Double(disk.totalBytes) * 100)
            let found = "\(disk.freeBytes.asBytes) of \(disk.totalBytes.asBytes) free (\(percent) %)"
            let advice = "make room, or set RETENTION_DAYS lower"
            if percent < NodeChecks.freePercent.failed { return .failed(what, found, do: advice) }
            return percent < NodeChecks.freePercent.warning ? .warning(what, found, do: advice) : .ok(what, found)
        }
    }
}
