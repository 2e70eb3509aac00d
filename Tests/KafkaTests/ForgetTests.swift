import Glibc
import HTTPClient
import TestSupport
import Testing

extension KafkaTests {
    @Suite("Forgetting, with the collector on another machine") struct ForgetTests {
        /// Files of the spool that hold anything of the one who asked.
        private func traces(_ collect: Service) -> [String] {
            Service.files(holding: "forget-me", below: "\(collect.folder)/spool")
        }

        private func click(_ collect: Service, _ device: String) throws {
            #expect(try collect.post("/clicks/", #"{"obj_id": "x", "anonymous_id": "\#(device)"}"#).status == 201)
        }

        @Test(
            "The erasure is complete where the store is, and says what is left elsewhere; cinelog scrub does that there",
            .enabled(if: Brokers.canBeSteered))
        func elsewhere() throws {
            let brokers = try Brokers()
            let settings = brokers.settings.merging(["KAFKA_ACKNOWLEDGE_MS": "1000"]) { $1 }
            let collect = try Service("collect", settings)
            let store = try Service("store", settings)
            try brokers.down()
            try click(collect, "forget-me")
            try click(collect, "keep-me")
            try brokers.up()
            #expect(try store.count("clicks", reaching: 2, within: 60_000) == 2)
            #expect(!traces(collect).isEmpty, "it went by the spool")

            let receipt = store.command("forget", "--anonymous", "forget-me")
            #expect(receipt.code == 0 && receipt.output.contains("1 rows erased, complete"), "\(receipt.output)")
            #expect(receipt.output.contains("KAFKA_RETENTION_MS") && receipt.output.contains("cinelog scrub"))
            #expect(try store.rows("SELECT anonymous_id FROM clicks") == ["keep-me"])

            let here = store.command("scrub")
            #expect(here.code == 69 && here.output.contains("collect"), "\(here.output)")
            // What was sent is noted as sent a moment later.
            #expect(eventually { collect.command("scrub").code == 0 }, "\(collect.command("scrub").output)")
            #expect(traces(collect) == [])
            #expect(collect.stop() == 0)
            #expect(store.stop() == 0)
        }

        @Test(
            "What waits in the spool while somebody is erased does not bring them back",
            .enabled(if: Brokers.canBeSteered))
        func unsent() throws {
            let brokers = try Brokers()
            let service = try Service("serve", brokers.settings.merging(["KAFKA_ACKNOWLEDGE_MS": "1000"]) { $1 })
            try click(service, "forget-me")
            #expect(try service.count("clicks", reaching: 1, within: 60_000) == 1)
            try brokers.down()
            try click(service, "forget-me")
            try click(service, "keep-me")
            let collect = try #require(service.child("collect"))
            kill(collect, SIGSTOP)
            try brokers.up()

            let early = service.command("forget", "--anonymous", "forget-me")
            #expect(early.output.contains("not complete before"), "\(early.output)")
            kill(collect, SIGCONT)
            #expect(try service.count("clicks", reaching: 1, within: 60_000) == 1)
            let complete = "SELECT max(complete) FROM erasures"
            #expect(
                eventually(within: 90_000) { (try? service.rows(complete)) == ["1"] }, "\(service.output.suffix(3000))")
            let left = try service.rows("SELECT anonymous_id FROM clicks")
            #expect(left == ["keep-me"])
            #expect(traces(service) == [])
            #expect(service.stop() == 0)
        }
    }
}
