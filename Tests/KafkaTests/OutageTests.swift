import EventLog
import Events
import Glibc
import Platform
import TestSupport
import Testing

extension KafkaTests {
    @Suite("Brokers away", .enabled(if: Brokers.canBeSteered))
    struct OutageTests {
        @Test(
            "All brokers away for a minute: every append is durable all the same, all comes to Kafka afterwards, and the spool is empty"
        )
        func allAway() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers)
            let answers = Answers()
            var number = 0
            func send(until deadline: UInt64) throws {
                while Clock.monotonicMilliseconds() < deadline {
                    try site.log.append(.clicks(number..<number + 1), waiter: answers)
                    number += 1
                    usleep(5_000)
                }
            }
            try send(until: Clock.monotonicMilliseconds() + 500)
            try brokers.down()
            let away = Clock.monotonicMilliseconds()
            try send(until: away + 60_000)
            #expect(site.log.unavailableReason == nil)
            #expect((site.metric("cinelog_kafka_spool_events{topic=\"clicks\"}") ?? 0) > 1000)
            try brokers.up()
            try send(until: Clock.monotonicMilliseconds() + 3_000)
            #expect(answers.wait(for: number).count == number)
            #expect(answers.errors.isEmpty)
            #expect(eventually { site.metric("cinelog_kafka_spool_events{topic=\"clicks\"}") == 0 })
            #expect(site.metric("cinelog_kafka_detour") == 0)
            let found = kcat(brokers, .clicks, format: "%s\\n").eventIDs
            #expect(Set(found) == Set((0..<number).map { "\(eventID($0))" }))
            // Only what was under way when they went may be there twice.
            #expect(found.count - number < 400)
        }

        @Test("A writer starts without brokers, takes events, and sends them when brokers and topics are there")
        func startsAlone() throws {
            let brokers = try Brokers(topics: false)
            try brokers.down()
            let site = try WriterSite(brokers)
            #expect(site.log.unavailableReason == nil)
            let answers = Answers()
            try site.log.append(.clicks(0..<100), waiter: answers)
            #expect(answers.wait().compactMap(\.error) == [])
            try brokers.up()
            try brokers.makeTopics()
            #expect(eventually { site.metric("cinelog_kafka_shipped_events_total{topic=\"clicks\"}") == 100 })
            #expect(Set(kcat(brokers, .clicks, format: "%s\\n").eventIDs).count == 100)
        }

        @Test("What was spooled before a restart is sent after it")
        func restart() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers)
            try brokers.down()
            let answers = Answers()
            try site.log.append(.clicks(0..<100), waiter: answers)
            #expect(answers.wait().compactMap(\.error) == [])
            site.log.close()
            try brokers.up()
            var spool = SQLiteLogOptions(directory: site.folder + "/spool", onFatal: { _ in })
            spool.freeBytesMin = 0
            let again = try KafkaLogWriter(
                KafkaOptions(brokers: brokers.addresses), spool: spool, metrics: MetricsRegistry(), logger: quiet)
            #expect(eventually { Set(kcat(brokers, .clicks, format: "%s\\n").eventIDs).count == 100 })
            again.close()
        }

        @Test("A full spool refuses, and takes again when brokers have what it held")
        func fullSpool() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers, spoolBytesMax: 2 << 20)
            try brokers.down()
            let answers = Answers()
            var appends = 0
            var refusal: AppendError?
            let ended = eventually {
                do {
                    try site.log.append(.clicks(1000 * appends..<1000 * appends + 1000), waiter: answers)
                    appends += 1
                    _ = answers.wait(for: appends)
                } catch let error as AppendError {
                    refusal = error
                } catch {}
                return refusal != nil
            }
            #expect(ended)
            #expect(refusal == .full)
            #expect(site.log.unavailableReason != nil)
            #expect(answers.errors.isEmpty)
            try brokers.up()
            #expect(eventually { site.log.unavailableReason == nil })
            let more = Answers()
            #expect(eventually { (try? site.log.append(.clicks(9_000_000..<9_000_001), waiter: more)) != nil })
            #expect(more.wait().compactMap(\.error) == [])
        }

        @Test("One broker of three away: appends are durable, none is lost")
        func oneAway() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers)
            let answers = Answers()
            for number in 0..<100 { try site.log.append(.clicks(number..<number + 1), waiter: answers) }
            try brokers.down(2)
            for number in 100..<300 {
                try site.log.append(.clicks(number..<number + 1), waiter: answers)
                usleep(5_000)
            }
            // What a cluster does within seconds: another broker leads.
            for topic in Topic.allCases {
                for partition in 0..<3 { try brokers.leader(topic, partition, 1) }
            }
            #expect(answers.wait(for: 300).count == 300 && answers.errors.isEmpty)
            try brokers.up(2)
            #expect(eventually { Set(kcat(brokers, .clicks, format: "%s\\n").eventIDs).count == 300 })
        }

        @Test("Slow brokers: what is not acknowledged in time is durable in the spool")
        func slow() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers)
            try brokers.delay(milliseconds: 2500)
            let answers = Answers()
            let started = Clock.monotonicMilliseconds()
            for number in 0..<100 { try site.log.append(.clicks(number..<number + 1), waiter: answers) }
            #expect(answers.wait(for: 100).count == 100 && answers.errors.isEmpty)
            #expect(Clock.monotonicMilliseconds() - started < 2500)
            try brokers.delay(milliseconds: 0)
            #expect(eventually { site.metric("cinelog_kafka_spool_events{topic=\"clicks\"}") == 0 })
            let found = kcat(brokers, .clicks, format: "%s\\n").eventIDs
            #expect(Set(found).count == 100)
        }

        @Test("A producer that fails for good is replaced; what it held is durable all the same")
        func fatal() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers)
            let answers = Answers()
            try brokers.delay(milliseconds: 200)
            for number in 0..<100 { try site.log.append(.clicks(number..<number + 1), waiter: answers) }
            site.log.failProducer("as after an out-of-order sequence number")
            for number in 100..<200 { try site.log.append(.clicks(number..<number + 1), waiter: answers) }
            #expect(answers.wait(for: 200).count == 200 && answers.errors.isEmpty)
            #expect(eventually { site.metric("cinelog_kafka_producers_total") == 2 })
            #expect(
                eventually {
                    site.metric("cinelog_kafka_spool_events{topic=\"clicks\"}") == 0
                        && site.metric("cinelog_kafka_detour") == 0
                })
            try site.log.append(.clicks(200..<201), waiter: answers)
            #expect(answers.wait(for: 201).count == 201 && answers.errors.isEmpty)
            #expect(Set(kcat(brokers, .clicks, format: "%s\\n").eventIDs).count == 201)
        }

        @Test("Closing loses nothing: what brokers have not acknowledged by then is in the spool")
        func closing() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers)
            try brokers.delay(milliseconds: 5000)
            let answers = Answers()
            for number in 0..<50 { try site.log.append(.clicks(number..<number + 1), waiter: answers) }
            site.log.close()
            #expect(answers.wait(for: 50).count == 50 && answers.errors.isEmpty)
            #expect(throws: AppendError.self) { try site.log.append(.clicks(0..<1), waiter: answers) }
            let spool = try SQLiteLogReader(directory: site.folder + "/spool")
            #expect(try spool.backlog(TopicPartition(.clicks)).events == 50)
        }
    }
}
