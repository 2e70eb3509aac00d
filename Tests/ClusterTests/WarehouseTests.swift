import Events
import Glibc
import Platform
import TestSupport
import Testing
import Warehouse

extension ClusterTests {
    @Suite("Tables") struct WarehouseTests {
        private static let contract = ["clicks", "pages", "views", "custom_events"]

        @Test("Two at once make the tables, and once more; every node has every name of the contract")
        func migrate() throws {
            let cluster = try ClusterTests.cluster()
            let first = try ClusterWarehouse(cluster)
            let second = try ClusterWarehouse(cluster)
            defer {
                first.close()
                second.close()
            }
            let other = Condition<Result<Void, WarehouseError>?>(nil)
            let thread = Thread("migrate") {
                let result = Result { () throws(WarehouseError) in try second.migrate() }
                other.withLock { $0 = result }
            }
            try first.migrate()
            thread.join()
            try #require(other.withLock { $0 }).get()
            try first.migrate()
            for node in cluster.nodes {
                for table in WarehouseTests.contract {
                    #expect(try node.number("SELECT count() FROM default.\(table)_distributed") == 0)
                }
                #expect(try node.number("SELECT max(version) FROM schema_migrations") == Migrations.newest)
                // A replica that was never written to is not behind.
                #expect(try node.number("SELECT max(absolute_delay) FROM system.replicas") == 0)
            }
        }

        @Test("A node that is away when the tables are made has them soon after it is back")
        func migrateLater() throws {
            let cluster = try ClusterTests.cluster()
            cluster.nodes[1].process.kill()
            let warehouse = try ClusterWarehouse(cluster)
            defer { warehouse.close() }
            try warehouse.migrate()
            try warehouse.insert((0..<100).map { clickLine($0, user: userID($0)) }, token: "a")
            try cluster.nodes[1].process.start()
            try cluster.nodes[1].waitUntilReady()
            #expect(holds(within: 30_000) { (try? cluster.nodes[1].number("SELECT count() FROM clicks")) == 100 })
            let (one, two) = (cluster.nodes[0], cluster.nodes[1])
            let rows = try one.number("SELECT count() FROM clicks_local")
            #expect(holds(within: 30_000) { (try? two.number("SELECT count() FROM clicks_local")) == rows })
        }

        @Test("Rows are on both shards and both their replicas, each viewer on one shard, objects as they came")
        func spread() throws {
            let cluster = try ClusterTests.cluster()
            let warehouse = try ClusterWarehouse(cluster)
            defer { warehouse.close() }
            try warehouse.migrate()
            let object = #","extra":{"a":{"b":[1,"x\"}"]},"c":"ä\\"},"anonymous_id":"{\"extra\":{}}""#
            try warehouse.insert((0..<1000).map { clickLine($0, user: userID($0 % 50), rest: object) }, token: "a")
            try warehouse.insert(
                (1000..<1100).map { clickLine($0, rest: ",\"anonymous_id\":\"d\($0 % 7)\"") }, token: "b")
            for shard in [0, 2] {
                let rows = try cluster.nodes[shard].number("SELECT count() FROM clicks_local")
                #expect(rows > 100 && rows < 1000)
                #expect(
                    holds(within: 10_000) {
                        (try? cluster.nodes[shard + 1].number("SELECT count() FROM clicks_local")) == rows
                    })
            }
            let viewers =
                "SELECT DISTINCT user_id, if(toString(user_id) < '01', anonymous_id, '') AS device FROM clicks_local"
            let (first, second) = (try cluster.nodes[0].ask(viewers), try cluster.nodes[2].ask(viewers))
            let (one, two) = (Set(first.split(separator: "\n")), Set(second.split(separator: "\n")))
            #expect(one.isDisjoint(with: two) && one.count + two.count == 57)
            for node in [cluster.nodes[0], cluster.nodes[2]] {
                #expect(try node.number("SELECT count() FROM default.clicks_distributed") == 1100)
                let extra = try node.ask(
                    "SELECT DISTINCT extra FROM clicks WHERE user_id != toUUID('\(UUID.none)') FORMAT TSVRaw")
                #expect(extra == #"{"a":{"b":[1,"x\"}"]},"c":"ä\\"}"# + "\n")
            }
        }

        @Test("The same insert by another node, or after one shard alone had it, takes effect once")
        func repetition() throws {
            let cluster = try ClusterTests.cluster()
            let warehouse = try ClusterWarehouse(cluster)
            defer { warehouse.close() }
            try warehouse.migrate()
            let lines = (0..<200).map { clickLine($0, user: userID($0)) }
            for first in cluster.nodes.indices {
                let other = try ClusterWarehouse(cluster, first: first)
                try other.insert(lines, token: "a")
                other.close()
            }
            let rows = "SELECT count() FROM clicks_all"
            #expect(try warehouse.number(rows) == 200)
            // Shard 2 away: shard 1 takes its part, the insert as a whole fails.
            cluster.nodes[2].process.kill()
            cluster.nodes[3].process.kill()
            let more = (200..<400).map { clickLine($0, user: userID($0)) }
            #expect(performing: { try warehouse.insert(more, token: "b") }, throws: { "\($0)".contains("unavailable") })
            try cluster.nodes[2].process.start()
            try cluster.nodes[2].waitUntilReady()
            #expect(holds(within: 60_000) { (try? warehouse.insert(more, token: "b")) != nil })
            #expect(try warehouse.number(rows) == 400)
        }

        @Test("A line that does not fit its table is refused for its content; an old insert with other lines is not")
        func content() throws {
            let cluster = try ClusterTests.cluster()
            let warehouse = try ClusterWarehouse(cluster)
            defer { warehouse.close() }
            try warehouse.migrate()
            for bad in [#"{"event_id":"no"}"#, #"{"nonsense":1}"#, "no json", #"{"x":"far"}"#] {
                #expect(
                    performing: { try warehouse.insert([clickLine(1), bad], token: "bad") },
                    throws: {
                        ($0 as? WarehouseError).map { if case .refusedContent = $0 { true } else { false } } == true
                    })
            }
            #expect(try warehouse.number("SELECT count() FROM clicks") == 0)
            try warehouse.insert([clickLine(1)], token: "good")
            #expect(try warehouse.number("SELECT count() FROM clicks") == 1)
        }
    }
}
