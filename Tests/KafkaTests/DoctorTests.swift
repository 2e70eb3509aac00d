import Events
import Glibc
import HTTPClient
import TestSupport
import Testing

extension KafkaTests {
    /// `cinelog doctor` of brokers that a test can take away.
    @Suite("Doctor", .enabled(if: Brokers.canBeSteered)) struct DoctorTests {
        private func service(_ brokers: Brokers) throws -> Service {
            try Service(
                "collect",
                [
                    "KAFKA_BROKERS": brokers.addresses, "KAFKA_ACKNOWLEDGE_MS": "1000", "LOG_MAX_BYTES": "16M",
                    "KAFKA_REPLICATION_FACTOR": "3",
                ], starts: false)
        }

        @Test(
            "Brokers and topics that are as wished; a broker that is away; all of them away, and what waits in the spool"
        )
        func brokers() throws {
            let brokers = try Brokers()
            let service = try service(brokers)
            let good = service.command("doctor")
            #expect(good.code == 0, "\(good.output)")
            #expect(good.output.split(separator: "\n").filter { $0.hasPrefix("ok      broker ") }.count >= 3)
            for topic in Topic.allCases { #expect(good.output.contains(" topic \(topic.name): ")) }
            #expect(good.output.contains("ok      min.insync.replicas: "), "\(good.output)")

            try brokers.down(1)
            let one = service.command("doctor")
            #expect(one.code == 1, "\(one.output)")
            let failed = one.output.split(separator: "\n").filter { $0.hasPrefix("failed  broker ") }
            #expect(failed.count >= 1 && failed.allSatisfy { $0.contains("no answer") }, "\(one.output)")
            #expect(one.output.contains("ok      broker "), "the others answer")
            try brokers.up(1)

            try service.start()
            try brokers.down()
            for _ in 0..<5 { #expect(try service.post("/clicks/", #"{"obj_id": "play"}"#).status == 201) }
            let away = service.command("doctor")
            #expect(away.code == 1, "\(away.output)")
            #expect(away.output.contains("failed  kafka "), "\(away.output)")
            #expect(away.output.contains("spool: 5 events wait for Kafka"), "\(away.output)")
            try brokers.up()
            #expect(eventually { service.command("doctor").output.contains("spool: nothing waits for Kafka") })
            #expect(service.stop() == 0)
        }

        @Test("Topics that are missing, or otherwise than wished, are warned of with what to do")
        func topics() throws {
            let broker = try OtherBroker()
            let service = try Service(
                "collect",
                [
                    "KAFKA_BROKERS": broker.address, "KAFKA_REPLICATION_FACTOR": "1", "KAFKA_MIN_INSYNC_REPLICAS": "1",
                    "LOG_MAX_BYTES": "16M",
                ], starts: false)
            let missing = service.command("doctor")
            #expect(missing.code == 0, "\(missing.output)")
            #expect(missing.output.contains("warning topic clicks: it does not exist → cinelog topics makes it"))
            #expect(service.command("topics").code == 0)
            #expect(service.command("doctor").output.contains("ok      topic clicks: as wished"))
        }
    }
}
