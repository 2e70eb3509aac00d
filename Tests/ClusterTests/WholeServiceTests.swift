import Events
import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

extension ClusterTests {
    /// What befalls the servers, and what `cinelog serve`, with the SQLite log, makes of it.
    @Suite("The whole service") struct WholeServiceTests {
        private func service(_ cluster: TestCluster, _ more: [String: String] = [:]) throws -> Service {
            let own = ["LOAD_MAX_AGE_MS": "50", "CLICKHOUSE_TIMEOUT_MS": "5000", "QUARANTINE_REJECTED": "true"]
            return try Service("serve", cluster.settings.merging(own) { $1 }.merging(more) { $1 })
        }

        /// Whether so many clicks are there, once each, and the ledger says so.
        private func expectAll(_ count: Int, _ service: Service, within milliseconds: UInt64 = 60_000) throws {
            service.expectRows(count, within: milliseconds)
            #expect(try service.rows("SELECT count() FROM clicks_all") == ["\(count)"], "each insert took effect once")
            service.expectBalance()
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
            service.expectBalance()
            #expect(service.stop() == 0)
        }
    }
}
