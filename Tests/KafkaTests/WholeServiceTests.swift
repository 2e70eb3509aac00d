import Events
import HTTPClient
import TestSupport
import Testing

extension KafkaTests {
    @Suite("The whole service on Kafka")
    struct WholeServiceTests {
        private func click(_ service: Service, _ number: Int) throws -> Int {
            let body = "{\"event_id\": \"\(eventID(number))\", \"obj_id\": \"button \(number)\"}"
            return try service.post("/clicks/", body).status
        }

        @Test(
            "Events come to the tables through Kafka; while it is away 201 go on; a foreign message is quarantined; each event is there once",
            .enabled(if: Brokers.canBeSteered)
        )
        func throughOutage() throws {
            let brokers = try Brokers()
            let service = try Service(
                "serve", ["KAFKA_BROKERS": brokers.addresses, "KAFKA_ACKNOWLEDGE_MS": "1000"])
            for number in 0..<50 { #expect(try click(service, number) == 201) }
            #expect(try service.count("clicks", reaching: 50, within: 30_000) == 50)

            try brokers.down()
            for number in 50..<100 { #expect(try click(service, number) == 201) }
            try brokers.up()
            #expect(
                Service.shell("printf 'no event {' | kcat -b \(brokers.addresses) -P -t \(brokers.topicPrefix)clicks")
                    .code == 0)
            for number in 100..<150 { #expect(try click(service, number) == 201) }
            #expect(try service.count("clicks", reaching: 150, within: 60_000) == 150)
            let quarantined = try service.rows(
                "SELECT topic, payload FROM quarantine", within: 30_000, until: { !$0.isEmpty })
            #expect(quarantined == ["clicks\t\"no event {\""])

            let metrics = try service.get(service.admin + "/metrics").body.string
            #expect(metrics.contains("\ncinelog_kafka_partitions{topic=\"clicks\"} 3\n"))
            #expect(!metrics.contains("\ncinelog_kafka_spooled_events_total{topic=\"clicks\"} 0\n"))
            #expect(service.stop() == 0)
        }
    }
}
