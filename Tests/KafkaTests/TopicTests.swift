import EventLog
import Events
import Platform
import TestSupport
import Testing

extension KafkaTests {
    @Suite("Topics")
    struct TopicTests {
        /// One node: copies are one.
        private func options(_ broker: OtherBroker) -> KafkaOptions {
            var options = KafkaOptions(brokers: broker.address)
            options.topics.replicationFactor = 1
            options.topics.partitions = 4
            options.topics.retentionMilliseconds = 7_200_000
            return options
        }

        @Test("Missing topics are made as wished; looked at again they are present and nothing differs")
        func creation() throws {
            let broker = try OtherBroker()
            let topics = try KafkaTopics(options(broker), logger: quiet)
            #expect(try topics.check(creating: false).allSatisfy { !$0.exists })
            let made = try topics.check(creating: true)
            #expect(made.map(\.name) == ["clicks", "pages", "views", "custom_events", "rejected"])
            #expect(made.allSatisfy { $0.state == .created && $0.differences == [] })
            var again = try topics.check(creating: true)
            topics.compareSettings(&again)
            #expect(again.allSatisfy { $0.state == .present && $0.differences == [] })
            let listed = Service.shell("kcat -b \(broker.address) -L").output
            #expect(listed.contains("topic \"clicks\" with 4 partitions"))
        }

        @Test("What exists and is otherwise than wished is said, setting by setting, and left as it is")
        func differences() throws {
            let broker = try OtherBroker()
            _ = try KafkaTopics(options(broker), logger: quiet).check(creating: true)
            var other = options(broker)
            other.topics = KafkaTopicSettings()
            other.lineBytesMax = 4 << 20
            let topics = try KafkaTopics(other, logger: quiet)
            var reports = try topics.check(creating: true)
            topics.compareSettings(&reports)
            for report in reports {
                #expect(
                    report.differences == [
                        "4 partitions (KAFKA_NUM_PARTITIONS=3)",
                        "replication factor 1 (KAFKA_REPLICATION_FACTOR=3)",
                        "retention.ms=7200000 (KAFKA_RETENTION_MS=86400000)",
                        "max.message.bytes=1052672 (EVENT_MAX_BYTES=4194304)",
                    ])
            }
            #expect(Service.shell("kcat -b \(broker.address) -L").output.contains("topic \"clicks\" with 4 partitions"))
        }

        @Test("A writer makes the topics when it starts; two at once do not disturb each other")
        func atStart() throws {
            let broker = try OtherBroker()
            let wished = options(broker)
            let sites = try [1, 2].map { _ in
                try WriterSite(broker.address) {
                    $0.topics = wished.topics
                    $0.topicPrefix = "cinema."
                }
            }
            let answers = Answers()
            for (index, site) in sites.enumerated() {
                try site.log.append(.clicks(10 * index..<10 * index + 10), waiter: answers)
            }
            #expect(answers.wait(for: 2).count == 2 && answers.errors.isEmpty)
            #expect(
                eventually { Set(kcat(broker.address, "cinema.clicks", format: "%s\\n").eventIDs).count == 20 })
            #expect(
                Service.shell("kcat -b \(broker.address) -L").output.contains(
                    "topic \"cinema.clicks\" with 4 partitions"))
        }

        @Test("cinelog topics makes and checks them, and says with its exit code whether all is as wished")
        func command() throws {
            let broker = try OtherBroker()
            func topics(_ arguments: String, _ more: [String: String] = [:]) -> (code: Int32, output: String) {
                let settings = ["KAFKA_BROKERS": broker.address, "KAFKA_REPLICATION_FACTOR": "1"]
                return Service.shell(
                    "\(Service.binary) topics \(arguments)", environment: settings.merging(more) { $1 })
            }
            #expect(topics("--check").code == 1)
            #expect(topics("--check").output.contains("clicks: missing: it does not exist"))
            let made = topics("")
            #expect(made.code == 0 && made.output.contains("clicks: created"))
            #expect(topics("").output.contains("clicks: present"))
            let differs = topics("--check", ["KAFKA_RETENTION_MS": "60000"])
            #expect(differs.code == 1)
            #expect(differs.output.contains("  retention.ms=86400000 (KAFKA_RETENTION_MS=60000)"))
            let printed = topics("--print").output
            #expect(printed.contains("--create --if-not-exists --topic clicks --partitions 3 --replication-factor 1 "))
            #expect(topics("", ["KAFKA_BROKERS": ""]).code == 78)
        }
    }
}
