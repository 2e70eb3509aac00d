import Events
import Glibc
import HTTPClient
import TestSupport
import Testing

extension ClusterTests {
    /// The same processes and the same expectations, whichever log and warehouse the settings choose.
    @Suite("All four combinations") struct CombinationTests {
        private static let film = "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89"
        private static let retried = eventID(900_000)

        /// Of every kind one alone and one in a batch, and one click of them once more with another time; what may pass one day; and
        /// what never will.
        private func sendEveryKind(_ service: Service) throws {
            let (film, retried) = (Self.film, Self.retried)
            let alone = [
                ("/clicks/", #"{"obj_id": "button#play", "time": 1767322000, "event_id": "\#(retried)"}"#),
                ("/pages/", #"{"url": "https://cinema.example/films/42", "duration": 16, "mine": {"a": ["\t\"]"]}}"#),
                ("/films/", #"{"film_id": "\#(film)", "timecode": "00:41:07.500000", "watched": [[1,2.5],[7,9]]}"#),
                ("/custom_events/", #"{"information": {"quality": "1080p", "from": "720p"}}"#),
                ("/clicks/", #"{"obj_id": "button#play", "time": 1767322001, "event_id": "\#(retried)"}"#),
            ]
            for (path, body) in alone { #expect(try service.post(path, body).status == 201, "\(path)") }
            let batch = """
                [{"type": "click", "obj_id": "link", "anonymous_id": "forget-me"}, \
                {"type": "page", "url": "/", "duration": 1}, {"type": "film", "film_id": "\(film)", "timecode": 2467.5}, \
                {"type": "custom", "name": "search_filtered", "information": {}}]
                """
            #expect(try service.post("/v1/events", batch).status == 201)
            let deep = #"{"url": "deep", "duration": 2, "own": [[[[[[[[[[[[]]]]]]]]]]]]}"#
            #expect(try service.post("/pages/", deep).status == 422)
            #expect(try service.post("/pages/", #"{"url": "x", "duration": -1}"#).status == 422)
        }

        /// What the published contract's queries find: on nodes 1 and 3 of a cluster, or in the embedded tables.
        private func ask(_ ground: Ground, _ service: Service, _ sql: (_ suffix: String) -> String) throws -> [String] {
            guard let cluster = ground.cluster else { return [try service.sql(sql("") + " FORMAT TSVRaw").body.string] }
            return try [0, 2].map { try cluster.nodes[$0].ask(sql("_distributed") + " FORMAT TSVRaw") }
        }

        private func expect(
            _ ground: Ground, _ service: Service, _ answer: String, _ sql: (_ suffix: String) -> String,
            _ place: SourceLocation = #_sourceLocation
        ) throws {
            // A node may read a replica that has yet to fetch what another one took.
            let agree = holds(within: 20_000) { (try? ask(ground, service, sql))?.allSatisfy { $0 == answer } == true }
            #expect(agree, "\((try? ask(ground, service, sql)) ?? []), not \(answer)", sourceLocation: place)
        }

        @Test(
            "Events of every kind, alone and in a batch, are in the tables once; what was refused is replayed; a device is forgotten",
            arguments: Combination.allCases)
        func everyKind(_ combination: Combination) throws {
            let ground = try Ground(combination)
            let folder = Service.temporaryFolder()
            defer { _ = Service.shell("rm -rf '\(folder)'") }
            let strict = try ground.service(["JSON_MAX_DEPTH": "8"], folder: folder)
            try sendEveryKind(strict)
            if let brokers = ground.brokers {
                let topic = brokers.topicPrefix + "clicks"
                #expect(Service.shell("printf 'no event {' | kcat -b \(brokers.addresses) -P -t \(topic)").code == 0)
            }
            for table in ["clicks", "pages", "views", "custom_events"] { strict.expectRows(2, in: table) }
            let foreign = ground.brokers == nil ? 0 : 1
            strict.expectRows(2 + foreign, in: "quarantine")
            try expectContract(ground, strict)
            strict.expectBalance(within: 30_000)
            #expect(strict.stop() == 0)

            let service = try ground.service(folder: folder)
            let replay = service.command("replay")
            let words = "\(2 + foreign) read: 1 replayed, 0 already there, \(1 + foreign) still refused"
            #expect(replay.code == 0 && replay.output.contains(words), "\(replay.output)")
            service.expectRows(3, in: "pages")
            let receipt = service.command("forget", "--anonymous", "forget-me")
            #expect(receipt.code == 0 && receipt.output.contains("complete"), "\(receipt.output)")
            service.expectRows(1)
            for node in ground.cluster?.nodes ?? [] {
                #expect(try node.number("SELECT count() FROM clicks_local WHERE anonymous_id = 'forget-me'") == 0)
            }
            service.expectBalance(within: 30_000)
            #expect(service.stop() == 0)
        }

        private func expectContract(_ ground: Ground, _ service: Service) throws {
            let (film, retried) = (Self.film, Self.retried)
            try expect(ground, service, "button#play\n") {
                "SELECT DISTINCT obj_id FROM default.clicks\($0) WHERE event_id = '\(retried)'"
            }
            try expect(ground, service, "00:41:07.500000\t7,9\n") {
                // Tuples in one, arrays in the other.
                "SELECT timecode, replaceRegexpAll(toString(watched[2]), '[^0-9,]', '') "
                    + "FROM default.views\($0) WHERE length(watched) = 2"
            }
            try expect(ground, service, "2\n") {
                "SELECT count() FROM default.views\($0) WHERE film_id = '\(film)' AND position = 2467.5"
            }
            try expect(ground, service, #"{"quality":"1080p","from":"720p"}"# + "\n") {
                "SELECT information FROM default.custom_events\($0) WHERE information != '{}'"
            }
            try expect(ground, service, #"{"mine":{"a":["\t\"]"]}}"# + "\n") {
                "SELECT extra FROM default.pages\($0) WHERE extra != ''"
            }
        }

        @Test(
            "kill -9 of store, again and again under load: each insert takes effect once; kill -9 of collect: no event is lost",
            arguments: Combination.allCases)
        func kills(_ combination: Combination) throws {
            let ground = try Ground(combination)
            // As long as brokers live, nothing goes by the spool: it may bring an event twice, which collapses.
            let service = try ground.service(ground.brokers == nil ? [:] : ["KAFKA_ACKNOWLEDGE_MS": "60000"])
            let load = Load(service)
            for _ in 0..<3 {
                #expect(load.wait(for: 200))
                service.killChild("store")
            }
            #expect(load.wait(for: 200))
            let (sent, refused) = load.stop()
            #expect(refused == 0)
            service.expectRows(sent)
            service.expectRows(sent, in: combination.hasCluster ? "clicks_all" : "clicks_local", within: 0)

            let second = Load(service, first: sent)
            for _ in 0..<2 {
                #expect(second.wait(for: 200))
                service.killChild("collect")
            }
            #expect(second.wait(for: 200))
            let all = second.stop().sent
            service.expectRows(all)
            #expect(try service.rows("SELECT uniqExact(event_id) FROM clicks") == ["\(all)"])
            service.expectBalance(within: 30_000)
            #expect(service.stop() == 0)
        }

        @Test(
            "Two stores share the partitions; each in turn is killed under load and comes back: each insert takes effect once"
        )
        func twoStores() throws {
            let ground = try Ground(.kafkaCluster)
            let settings = ["KAFKA_ACKNOWLEDGE_MS": "60000"]
            let collect = try ground.service(settings, role: "collect")
            let stores = try (0..<2).map { _ in try ground.service(settings, role: "store") }
            let load = Load(collect)
            for round in 0..<4 {
                #expect(load.wait(for: 200))
                #expect(stores[round % 2].end(SIGKILL) != 0)
                #expect(load.wait(for: 200))
                try stores[round % 2].start()
            }
            let (sent, refused) = load.stop()
            #expect(refused == 0)
            stores[0].expectRows(sent)
            stores[0].expectRows(sent, in: "clicks_all", within: 0)
            stores[1].expectBalance(within: 30_000)
            #expect(collect.stop() == 0)
            for store in stores { #expect(store.stop() == 0) }
        }
    }
}
