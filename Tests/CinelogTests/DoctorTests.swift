import Cinelog
import EventLog
import Testing
import Warehouse

/// What `cinelog doctor` makes of what it finds.
@Suite struct DoctorTests {
    private func node(_ number: Int, _ change: (inout NodeReport) -> Void = { _ in }) -> NodeReport {
        var report = NodeReport(url: "http://node\(number):8123")
        report.version = "25.8.1"
        (report.nodes, report.shards) = (4, 2)
        (report.shard, report.replica) = ((number + 1) / 2, (number + 1) % 2 + 1)
        report.macros = ["shard": "0\((number + 1) / 2)", "replica": "node\(number)"]
        report.schema = Migrations.newest
        report.replicas = [replica()]
        report.disks = [NodeReport.Disk(name: "default", freeBytes: 80 << 30, totalBytes: 100 << 30)]
        change(&report)
        return report
    }

    private func replica(isReadOnly: Bool = false, delay: Int = 0, queue: Int = 0, active: Int = 2)
        -> NodeReport.Replica
    {
        NodeReport.Replica(
            table: "clicks_local", isReadOnly: isReadOnly, delay: delay, queue: queue, replicas: 2, active: active)
    }

    /// The checks of a node that are not ok, as `state subject`.
    private func faults(_ change: (inout NodeReport) -> Void) -> [String] {
        NodeChecks(report: node(1, change), cluster: "cinelog").all.filter { $0.state != .ok }
            .map { "\($0.state) \($0.subject.dropFirst("http://node1:8123 ".count))" }
    }

    @Test("Of a node that is well every check is ok; each fault is one line of its own, with what to do")
    func nodes() {
        #expect(faults { _ in } == [])
        #expect(faults { $0.failure = .away("cannot connect") } == ["failed node"])
        #expect(faults { $0.failure = .denied("wrong password") } == ["failed node"])
        #expect(faults { $0.nodes = 0 } == ["failed node"])
        #expect(faults { $0.shard = 0 } == ["failed node"])
        #expect(faults { $0.macros["replica"] = nil } == ["failed macros"])
        #expect(faults { $0.keeperFailure = "no session" } == ["failed keeper"])
        #expect(faults { $0.schema = nil } == ["warning tables"])
        #expect(faults { $0.schema = Migrations.newest - 1 } == ["warning tables"])
        #expect(faults { $0.schema = Migrations.newest + 1 } == ["failed tables"])
        #expect(faults { $0.replicas = [replica(isReadOnly: true)] } == ["failed replicas"])
        #expect(faults { $0.replicas = [replica(delay: 6)] } == ["warning replicas"])
        #expect(faults { $0.replicas = [replica(queue: 5000)] } == ["warning replicas"])
        #expect(faults { $0.replicas = [replica(active: 1)] } == ["warning replicas"])
        #expect(faults { $0.clockAheadSeconds = 1.9 } == [])
        #expect(faults { $0.clockAheadSeconds = -3 } == ["warning clock"])
        #expect(faults { $0.clockAheadSeconds = 61 } == ["failed clock"])
        #expect(faults { $0.disks = nil } == [])
        let tight = NodeReport.Disk(name: "default", freeBytes: 10, totalBytes: 100)
        let full = NodeReport.Disk(name: "cold", freeBytes: 2, totalBytes: 100)
        #expect(faults { $0.disks = [tight, full] } == ["warning disk default", "failed disk cold"])
        let all = NodeChecks(report: node(1) { $0.keeperFailure = "no session" }, cluster: "cinelog").all
        #expect(all.allSatisfy { ($0.state == .ok) == $0.advice.isEmpty })
    }

    private func shape(_ reports: [NodeReport]) -> [String] {
        ClusterChecks.judge(reports, "cinelog").filter { $0.state != .ok }.map { "\($0.state) \($0.subject)" }
    }

    @Test("The cluster's shape: all nodes named, once, alike, with macros that fit their shards")
    func clusters() {
        let nodes = (1...4).map { node($0) }
        #expect(shape(nodes) == [])
        #expect(shape(Array(nodes[..<3])) == ["failed cluster cinelog"], "one is not named")
        var twice = nodes
        twice[1] = node(1)
        #expect(shape(twice) == ["failed cluster cinelog", "failed macros"], "one is named twice")
        #expect(shape(nodes[..<3] + [node(4) { $0.shards = 1 }]) == ["failed cluster cinelog"], "they differ")
        #expect(shape(nodes[..<3] + [node(4) { $0.macros["replica"] = "node3" }]) == ["failed macros"])
        #expect(shape(nodes[..<3] + [node(4) { $0.macros["shard"] = "01" }]) == ["failed macros"])
        #expect(shape(nodes[..<3] + [node(4) { $0.version = "24.3.1" }]) == ["warning versions"])
        #expect(shape(nodes[..<3] + [node(4) { $0.failure = .away("") }]) == [], "its own line says that it is away")
    }

    private func partition(leader: Bool = true, inSync: Int = 3) -> KafkaExamination.Partition {
        KafkaExamination.Partition(topic: "clicks", number: 0, hasLeader: leader, inSync: inSync)
    }

    @Test("min.insync.replicas can be satisfied, or it is said why not")
    func acknowledgements() {
        var wished = KafkaTopicSettings()
        func state(_ partitions: [KafkaExamination.Partition], brokers: Int = 3) -> Check.State? {
            let found = KafkaExamination(brokers: (0..<brokers).map { "b\($0):9092" }, partitions: partitions)
            return KafkaChecks.acknowledgement(found, wished)?.state
        }
        #expect(state([partition(), partition(inSync: 2)]) == .ok)
        #expect(state([partition(), partition(inSync: 1)]) == .failed)
        #expect(state([partition(leader: false)]) == .failed)
        #expect(state([partition()], brokers: 2) == .failed, "three copies of two brokers")
        #expect(state([]) == nil, "no topic yet")
        wished.minInsyncReplicas = 4
        #expect(state([partition()]) == .failed, "more than there are copies")
    }

    @Test("The disk is held against what the log may still grow by, and what it leaves free")
    func disks() {
        func state(free: Int64, log: Int64) -> Check.State {
            DiskChecks.judge(free: free, log: log, logMax: 1000 << 20, kept: 160 << 20).state
        }
        #expect(state(free: 1160 << 20, log: 0) == .ok)
        #expect(state(free: 1159 << 20, log: 0) == .warning)
        #expect(state(free: 1159 << 20, log: 1 << 20) == .ok, "what the log takes already it need not have free")
        #expect(state(free: 160 << 20, log: 1000 << 20) == .failed)
    }

    @Test("What waits is told; what waits for more than a minute is warned of")
    func backlogs() {
        func state(_ events: Int64, seconds: Int64) -> Check.State {
            let one = Backlog(events: events, bytes: events, oldestAgeMilliseconds: seconds * 1000)
            return LogChecks.judge([one], "log", "for loading", do: "look").state
        }
        #expect(state(0, seconds: 0) == .ok)
        #expect(state(5, seconds: 60) == .ok)
        #expect(state(5, seconds: 61) == .warning)
    }

    @Test("Every setting that is not allowed is named, not only the first")
    func settings() {
        let faults = Settings.faults(
            environment: ["LOG_LEVEL": "loud", "KAFKA_NUM_PARTITIONS": "0"], dotEnv: ["LOAD_MAX_EVENTS": "many"])
        #expect(faults.count == 3)
        let together = Settings.faults(environment: ["ADMIN_LISTEN": "0.0.0.0:8081"], dotEnv: [:])
        #expect(together.count == 1 && together[0].message.contains("ADMIN_TOKEN"))
        #expect(Settings.faults(environment: [:], dotEnv: [:]).isEmpty)
    }

    @Test("A check is one line, whatever a server said; as JSON too")
    func lines() {
        let check = Check.failed("node", "two\nlines \"of it\"", do: "look")
        #expect(check.text == "failed  node: two lines \"of it\" → look")
        #expect(
            check.json
                == #"{"check":"node","state":"failed","found":"two\nlines \"of it\"","advice":"look"}"#)
        #expect((Int64(3) << 30).asBytes == "3.0 GiB")
    }
}
