import HTTPClient
import TestSupport
import Testing

extension ClusterTests {
    /// docs/operations.md, "From one machine to the cluster", step by step.
    @Suite("From one machine to the cluster", .enabled(if: Brokers.canBeSteered)) struct MoveTests {
        private static let own = ["LOAD_MAX_AGE_MS": "50", "LOG_MAX_BYTES": "64M", "QUARANTINE_REJECTED": "true"]

        /// An event of every kind, a retry, and one that is refused.
        private func sendEveryKind(_ service: Service, _ number: Int) throws {
            let click = #"{"obj_id": "retried", "event_id": "\#(eventID(900_000 + number))"}"#
            let bodies = [
                ("/pages/", #"{"url": "https://cinema.example/films/42", "duration": 16, "mine": {"a": ["\t\"]"]}}"#),
                (
                    "/films/",
                    #"{"film_id": "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89", "timecode": 12.5, "watched": [[1,2.5],[7,9]]}"#
                ),
                ("/custom_events/", #"{"information": {"quality": "1080p", "from": "720p"}}"#),
                ("/clicks/", click), ("/clicks/", click),
            ]
            for (path, body) in bodies { #expect(try service.post(path, body).status == 201, "\(path)") }
            #expect(try service.post("/pages/", #"{"url": "x", "duration": -1}"#).status == 422)
        }

        private func isLoaded(_ service: Service) -> Bool {
            service.command("doctor").output.contains("ok      log: nothing waits for loading")
        }

        @Test(
            "Events keep coming while a service moves: afterwards each is in the cluster's tables once, and in the ledger"
        )
        func move() throws {
            let cluster = try ClusterTests.cluster()
            let brokers = try Brokers()
            let old = try Service("serve", MoveTests.own)
            try sendEveryKind(old, 0)
            let load = Load(old)
            #expect(load.wait(for: 1000))

            // 1. The new service's settings, looked at; topics and tables made.
            let wished = cluster.settings.merging(MoveTests.own) { $1 }.merging([
                "KAFKA_BROKERS": brokers.addresses, "CLICKHOUSE_TIMEOUT_MS": "5000",
            ]) { $1 }
            let new = try Service("serve", wished, starts: false)
            let doctor = new.command("doctor")
            #expect(doctor.code == 0, "\(doctor.output)")
            #expect(new.command("migrate").code == 0)
            // 2. It starts beside the old one.
            try new.start()
            // 3. The proxy sends there.
            load.turn(to: new)
            try sendEveryKind(new, 1)
            #expect(load.wait(for: 500))
            // 4. The old one stops; what is left in its log is loaded; nothing is missing there.
            #expect(old.stop() == 0)
            let drain = try Service("store", MoveTests.own, folder: old.folder, outputFolder: new.folder)
            #expect(holds(within: 30_000) { isLoaded(drain) }, "\(drain.command("doctor").output)")
            drain.expectBalance()
            let before = try drain.rows("SELECT count() FROM clicks")
            let running = new.command("copy", old.folder)
            #expect(running.code == 69, "the tables are the running store's: \(running.output)")
            #expect(drain.stop() == 0)
            // 5. History is copied, twice, as after an interruption.
            let copied = new.command("copy", old.folder)
            #expect(copied.code == 0 && copied.output.contains("copied"), "\(copied.output)")
            #expect(copied.output.contains(": \(before[0]) rows"), "\(copied.output)")
            #expect(new.command("copy", old.folder).code == 0)
            #expect(load.wait(for: 500))
            // 6. Everything is there.
            let (sent, refused) = load.stop()
            #expect(refused == 0)
            let clicks = sent + 2
            new.expectRows(clicks)
            new.expectBalance(within: 60_000)
            for node in [cluster.nodes[0], cluster.nodes[2]] {
                #expect(try node.number("SELECT count() FROM default.clicks_distributed") == clicks)
                #expect(
                    try node.number("SELECT count(DISTINCT event_id) FROM default.clicks_distributed") == clicks)
                for table in ["pages", "views", "custom_events"] {
                    #expect(try node.number("SELECT count() FROM default.\(table)") == 2, "\(table)")
                    let different = try node.ask("SELECT count(DISTINCT extra) FROM default.\(table)")
                    #expect(different == "1\n", "the old one's row is like the new one's")
                }
                #expect(try node.number("SELECT count() FROM default.quarantine") == 2)
                #expect(try node.ask("SELECT DISTINCT seconds FROM default.watched") == "4\n", "the history's is in it")
                #expect(
                    try node.ask("SELECT DISTINCT timecode, watched[2][1] FROM default.views") == "00:00:12.500000\t7\n"
                )
                #expect(
                    try node.ask("SELECT DISTINCT information FROM default.custom_events FORMAT TSVRaw")
                        == #"{"quality":"1080p","from":"720p"}"# + "\n")
            }
            #expect(new.command("doctor").code == 0)
            #expect(new.stop() == 0)
        }

        @Test("What is not loaded yet is not left behind: copying is refused; so it is without a cluster")
        func refusals() throws {
            let cluster = try ClusterTests.cluster()
            let old = try Service("serve", MoveTests.own)
            #expect(Load.send(old, 0..<20))
            #expect(try old.count("clicks", reaching: 20) == 20)
            #expect(old.stop() == 0)
            let collect = try Service("collect", MoveTests.own, folder: old.folder)
            #expect(Load.send(collect, 20..<40))
            #expect(collect.stop() == 0)
            let new = try Service("serve", cluster.settings, starts: false)
            let refused = new.command("copy", old.folder)
            #expect(refused.code == 69 && refused.output.contains("20 events in the log"), "\(refused.output)")
            #expect(new.command("copy").code == 64)
            #expect(new.command("copy", new.folder).code == 78)
            #expect(try Service("serve", MoveTests.own, starts: false).command("copy", old.folder).code == 78)
        }
    }
}
