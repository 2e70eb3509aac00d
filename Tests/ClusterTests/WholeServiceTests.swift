import Events
import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

extension ClusterTests {
    /// The processes of `cinelog serve`, with the SQLite log.
    @Suite("The whole service") struct WholeServiceTests {
        private func service(_ cluster: TestCluster, _ more: [String: String] = [:]) throws -> Service {
            let own = ["LOAD_MAX_AGE_MS": "50", "CLICKHOUSE_TIMEOUT_MS": "5000", "QUARANTINE_REJECTED": "true"]
            return try Service("serve", cluster.settings.merging(own) { $1 }.merging(more) { $1 })
        }

        /// Whether so many clicks are there, once each, and the ledger says so.
        private func expectAll(_ count: Int, _ service: Service, within milliseconds: UInt64 = 60_000) throws {
            let there = holds(within: milliseconds) {
                (try? service.rows("SELECT count() FROM clicks")) == ["\(count)"]
            }
            #expect(
                there,
                "\((try? service.rows("SELECT count() FROM clicks")) ?? []) of \(count): \(service.output.suffix(2000))"
            )
            #expect(try service.rows("SELECT count() FROM clicks_all") == ["\(count)"], "each insert took effect once")
            expectBalance(service)
        }

        private func expectBalance(_ service: Service) {
            let audit = service.command("audit")
            #expect(audit.code == 0 && audit.output.contains("balanced"), "\(audit.output)")
        }

        @Test(
            "Events of every kind come to the tables, seen alike by nodes 1 and 3; what was refused waits in quarantine"
        )
        func everyKind() throws {
            let cluster = try ClusterTests.cluster()
            let service = try service(cluster)
            let bodies = [
                ("/clicks/", #"{"obj_id": "button#play", "time": 1767322000, "mine": {"a": [1]}}"#),
                ("/pages/", #"{"url": "https://cinema.example/films/42", "duration": 16, "time": 1767322000}"#),
                (
                    "/films/",
                    #"{"film_id": "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89", "timecode": "00:41:07.500000", "watched": [[1,2.5],[7,9]]}"#
                ),
                ("/custom_events/", #"{"information": {"quality": "1080p", "from": "720p"}, "time": 1767322000}"#),
            ]
            for (path, body) in bodies { #expect(try service.post(path, body).status == 201, "\(path)") }
            #expect(try service.post("/pages/", #"{"url": "x", "duration": -1}"#).status == 422)
            for node in [cluster.nodes[0], cluster.nodes[2]] {
                for table in ["clicks", "pages", "views", "custom_events", "quarantine"] {
                    let name = table == "quarantine" ? table : table + "_distributed"
                    #expect(
                        holds(within: 20_000) { (try? node.number("SELECT count() FROM default.\(name)")) == 1 },
                        "\(table): \(service.output.suffix(3000))")
                }
                #expect(
                    try node.ask("SELECT obj_id, toUnixTimestamp(time) FROM default.clicks_distributed")
                        == "button#play\t1767322000\n")
                #expect(
                    try node.ask("SELECT timecode, watched[2][1] FROM default.views_distributed")
                        == "00:41:07.500000\t7\n")
                #expect(
                    holds(within: 20_000) {
                        (try? node.ask("SELECT seconds, parts FROM watched")) == "4\t[(1,3),(7,9)]\n"
                    })
                #expect(
                    try node.ask("SELECT information FROM default.custom_events_distributed FORMAT TSVRaw")
                        == #"{"quality":"1080p","from":"720p"}"# + "\n")
            }
            expectBalance(service)
            #expect(service.stop() == 0)
        }

        @Test("Each node in turn is killed under load and comes back: every event is taken, and in the table once")
        func killedNodes() throws {
            let cluster = try ClusterTests.cluster()
            let service = try service(cluster)
            let load = Load(service)
            #expect(load.wait(for: 200))
            for node in cluster.nodes {
                node.process.kill()
                #expect(load.wait(for: 400))
                try node.process.start()
                try node.waitUntilReady()
                #expect(load.wait(for: 200))
            }
            let (sent, refused) = load.stop()
            #expect(refused == 0)
            try expectAll(sent, service)
            // What a replica missed it has again.
            for shard in [0, 2] {
                let same = holds(within: 60_000) {
                    guard let rows = try? cluster.nodes[shard].number("SELECT count() FROM clicks_local") else {
                        return false
                    }
                    return (try? cluster.nodes[shard + 1].number("SELECT count() FROM clicks_local")) == rows
                }
                #expect(same)
            }
            #expect(service.stop() == 0)
        }

        @Test(
            "Without a whole shard, without ZooKeeper, with a node that hangs: loading waits or goes round, nothing is lost"
        )
        func outages() throws {
            let cluster = try ClusterTests.cluster()
            let service = try service(cluster)
            let load = Load(service)
            #expect(load.wait(for: 200))
            cluster.nodes[2].process.kill()
            cluster.nodes[3].process.kill()
            #expect(load.wait(for: 400))
            for node in cluster.nodes[2...] { try node.process.start() }
            for node in cluster.nodes[2...] { try node.waitUntilReady() }
            #expect(load.wait(for: 200))
            cluster.zooKeeper.kill()
            #expect(load.wait(for: 400))
            try cluster.zooKeeper.start()
            #expect(load.wait(for: 200))
            cluster.nodes[0].process.signal(SIGSTOP)
            #expect(load.wait(for: 200))
            cluster.nodes[0].process.signal(SIGCONT)
            let (sent, refused) = load.stop()
            #expect(refused == 0)
            try expectAll(sent, service, within: 120_000)
            #expect(service.stop() == 0)
        }

        @Test("A store that is killed again and again while it loads: every event is in its table once")
        func killedStore() throws {
            let cluster = try ClusterTests.cluster()
            let service = try service(cluster)
            let load = Load(service)
            for _ in 0..<4 {
                #expect(load.wait(for: 200))
                if let store = service.child("store") { kill(store, SIGKILL) }
            }
            try expectAll(load.stop().sent, service)
            #expect(service.stop() == 0)
        }

        @Test("A person is erased from every replica, and the ledger stays balanced; others' events stay")
        func forget() throws {
            let cluster = try ClusterTests.cluster()
            let service = try service(cluster)
            #expect(Load.send(service, 0..<1000))
            try expectAll(1000, service)
            let receipt = service.command("forget", "--anonymous", "device 7")
            #expect(receipt.code == 0, "\(receipt.output)")
            for node in cluster.nodes {
                #expect(try node.number("SELECT count() FROM clicks_local WHERE anonymous_id = 'device 7'") == 0)
            }
            #expect(try service.rows("SELECT count() FROM clicks") == ["990"])
            expectBalance(service)
            #expect(service.stop() == 0)
        }
    }
}
