import TestSupport
import Testing

extension ClusterTests {
    /// `cinelog doctor` of the four nodes.
    @Suite("Doctor") struct DoctorTests {
        private func service(_ cluster: TestCluster, _ more: [String: String] = [:]) throws -> Service {
            let settings = cluster.settings.merging(["LOG_MAX_BYTES": "16M"]) { $1 }
            return try Service("serve", settings.merging(more) { $1 }, starts: false)
        }

        /// The checks of that state, without their nodes' addresses.
        private func subjects(_ output: String, _ state: String, _ cluster: TestCluster) -> [String] {
            output.split(separator: "\n").filter { $0.hasPrefix(state) }.map { line in
                var words = line.dropFirst(8).split(separator: ": ")[0]
                for (index, node) in cluster.nodes.enumerated() where words.hasPrefix(node.url) {
                    words = "\(index + 1)\(words.dropFirst(node.url.count))"
                }
                return String(words)
            }
        }

        @Test("A cluster without tables, then with; one node killed: it fails, and its shard's other replica tells so")
        func killedNode() throws {
            let cluster = try ClusterTests.cluster()
            let service = try service(cluster)
            let fresh = service.command("doctor")
            #expect(fresh.code == 0, "\(fresh.output)")
            #expect(
                subjects(fresh.output, "warning", cluster).filter { $0.hasSuffix("tables") }
                    == ["1 tables", "2 tables", "3 tables", "4 tables"])
            for node in cluster.nodes {
                let made = try node.number("SELECT count() FROM system.tables WHERE database = 'default'")
                #expect(made == 0, "it makes no table")
            }
            #expect(service.command("migrate").code == 0)
            let good = service.command("doctor")
            #expect(good.code == 0, "\(good.output)")
            #expect(subjects(good.output, "failed", cluster) == [])
            for (number, node) in cluster.nodes.enumerated() {
                let place = "shard \(number / 2 + 1)"
                #expect(
                    good.output.contains("ok      \(node.url) node: ClickHouse 18.16.1, \(place)"), "\(good.output)")
            }
            let told = subjects(good.output, "ok", cluster)
            for what in ["clock", "macros", "keeper", "tables", "replicas", "disk"] {
                #expect(told.filter { $0.hasSuffix(" " + what) }.count == 4, "\(what): \(good.output)")
            }
            #expect(told.contains("cluster cinelog") && told.contains("macros"))

            cluster.nodes[1].process.kill()
            // Its session with ZooKeeper is over by then.
            let seen = holds(within: 30_000) {
                subjects(service.command("doctor").output, "warning", cluster).contains("1 replicas")
            }
            #expect(seen, "\(service.command("doctor").output)")
            let one = service.command("doctor", "--json")
            #expect(one.code == 1)
            #expect(
                one.output.contains("{\"check\":\"\(cluster.nodes[1].url) node\",\"state\":\"failed\""), "\(one.output)"
            )
            let text = service.command("doctor").output
            #expect(subjects(text, "failed", cluster) == ["2 node"], "\(text)")
        }

        @Test("A wrong password, a wrong cluster, a node not named, no ZooKeeper: each is said where it is")
        func faults() throws {
            let cluster = try ClusterTests.cluster()
            let denied = try service(cluster, ["CLICKHOUSE_PASSWORD": "wrong"]).command("doctor")
            #expect(denied.code == 1)
            #expect(
                subjects(denied.output, "failed", cluster) == ["1 node", "2 node", "3 node", "4 node"],
                "\(denied.output)")
            #expect(denied.output.contains("set CLICKHOUSE_USER and CLICKHOUSE_PASSWORD"), "\(denied.output)")
            let unknown = try service(cluster, ["CLICKHOUSE_CLUSTER": "other"]).command("doctor")
            #expect(unknown.code == 1 && unknown.output.contains("knows no cluster other"), "\(unknown.output)")
            let again = cluster.nodes[0].url.replacing("127.0.0.1", with: "localhost")
            let names = (cluster.nodes[..<3].map(\.url) + [again]).joined(separator: ",")
            let twice = try service(cluster, ["CLICKHOUSE_NODES": names]).command("doctor")
            #expect(subjects(twice.output, "failed", cluster) == ["macros"], "\(twice.output)")
            let three = cluster.nodes[..<3].map(\.url).joined(separator: ",")
            let few = try service(cluster, ["CLICKHOUSE_NODES": three]).command("doctor")
            #expect(subjects(few.output, "failed", cluster) == ["cluster cinelog"], "\(few.output)")
            #expect(try service(cluster).command("migrate").code == 0)
            cluster.zooKeeper.kill()
            let without = try service(cluster).command("doctor")
            #expect(
                subjects(without.output, "failed", cluster).filter { $0.hasSuffix("keeper") }.count == 4,
                "\(without.output)")
        }
    }
}
