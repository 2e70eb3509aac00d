import EventLog
import Events
import Platform
import TestSupport
import Testing

extension KafkaTests {
    @Suite("Events on their way to the brokers")
    struct DeliveryTests {
        let user = UUID("b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89")!

        @Test(
            "An append is durable once brokers have all its lines, and another client reads the same bytes under the user's id"
        )
        func durable() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers)
            let answers = Answers()
            try site.log.append(.clicks(0..<50, user: user), waiter: answers)
            #expect(answers.wait().compactMap(\.error) == [])
            let found = kcat(brokers, .clicks, format: "%k %s\\n")
            #expect(found.sorted() == (0..<50).map { "\(user) \(clickLine($0, user: user))" }.sorted())
            #expect(site.metric("cinelog_log_events_total{topic=\"clicks\"}") == 50)
            #expect(site.metric("cinelog_kafka_spooled_events_total{topic=\"clicks\"}") == 0)
        }

        @Test("One user's events are in one partition, in their order")
        func order() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers)
            let answers = Answers()
            for number in 0..<200 { try site.log.append(.clicks(number..<number + 1, user: user), waiter: answers) }
            #expect(answers.wait(for: 200).count == 200 && answers.errors.isEmpty)
            let found = kcat(brokers, .clicks, format: "%p %s\\n")
            #expect(Set(found.map { $0.prefix(1) }).count == 1)
            #expect(found.map { String($0.dropFirst(2)) } == (0..<200).map { clickLine($0, user: user) })
        }

        @Test(
            "Many appends at once are all told, with lz4, zstd and no compression", arguments: ["lz4", "zstd", "none"])
        func compression(_ compression: String) throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers) { $0.compression = compression }
            let answers = Answers()
            for number in 0..<2000 {
                try site.log.append(.clicks(10 * number..<10 * number + 10), waiter: answers)
            }
            #expect(answers.wait(for: 2000).count == 2000 && answers.errors.isEmpty)
            let found = kcat(brokers, .clicks, format: "%s\\n").eventIDs
            #expect(found.count == 20_000 && Set(found).count == 20_000)
        }

        @Test("A message that brokers refuse fails its append, says why, and holds up no other")
        func tooLarge() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers) { $0.lineBytesMax = 1000 }
            let answers = Answers()
            let long = clickLine(1, extra: ",\"anonymous_id\":\"\(String(repeating: "x", count: 1_100_000))\"")
            try site.log.append(EventLines(.clicks, [long]), waiter: answers)
            guard case .unavailable(let why)? = answers.wait().first?.error else {
                Issue.record("durable")
                return
            }
            #expect(why.contains("too large"))
            try site.log.append(.clicks(2..<3), waiter: answers)
            #expect(answers.wait(for: 2).last?.error == nil)
            #expect(kcat(brokers, .clicks, format: "%s\\n") == [clickLine(2)])
        }

        @Test("More than the bound in memory is refused at once", .enabled(if: Brokers.canBeSteered))
        func overloaded() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers) { $0.queueBytesMax = 100_000 }
            try brokers.delay(milliseconds: 500)
            let answers = Answers()
            var refused: AppendError?
            var taken = 0
            for number in 0..<1000 {
                do {
                    try site.log.append(.clicks(number..<number + 1), waiter: answers)
                    taken += 1
                } catch {
                    refused = error
                    break
                }
            }
            #expect(refused == .overloaded)
            #expect(answers.wait(for: taken).count == taken && answers.errors.isEmpty)
        }

        @Test("Keys are the user's id, or the device's, or the event's own")
        func keys() throws {
            let brokers = try Brokers()
            let site = try WriterSite(brokers)
            let answers = Answers()
            let lines = [
                clickLine(1, user: user), clickLine(2, extra: ",\"anonymous_id\":\"phone \\\"7\\\"\""), clickLine(3),
                clickLine(4, extra: ",\"extra\":{\"a\":1,\"anonymous_id\":\"not mine\"}"),
            ]
            try site.log.append(EventLines(.clicks, lines), waiter: answers)
            #expect(answers.wait().compactMap(\.error) == [])
            let found = Set(kcat(brokers, .clicks, format: "%k|%s\\n"))
            let keys = ["\(user)", "phone \\\"7\\\"", "\(eventID(3))", "\(eventID(4))"]
            #expect(found == Set(zip(keys, lines).map { "\($0)|\($1)" }))
        }
    }
}
