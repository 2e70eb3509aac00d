import EventLog
import Events
import Glibc
import Platform
import TestSupport
import Testing

extension KafkaTests {
    @Suite("Reading from Kafka")
    struct ReaderTests {
        @Test("All that was appended is read, byte for byte, over all partitions")
        func roundTrip() throws {
            let brokers = try Brokers()
            let writer = try WriterSite(brokers)
            let answers = Answers()
            for number in 0..<500 { try writer.log.append(.clicks(2 * number..<2 * number + 2), waiter: answers) }
            #expect(answers.wait(for: 500).count == 500 && answers.errors.isEmpty)
            let reader = try ReaderSite(brokers)
            let lines = reader.readAll(count: 1000)
            #expect(lines.sorted() == (0..<1000).map { clickLine($0) }.sorted())
            #expect(try reader.partitions() == [0, 1, 2])
        }

        @Test("A log's ends hold all that was acknowledged, the moment it was")
        func ends() throws {
            let brokers = try Brokers()
            let writer = try WriterSite(brokers)
            let reader = try ReaderSite(brokers)
            #expect(try reader.waitForPartitions(3))
            let partitions = try reader.log.partitions(.clicks)
            for round in 1...30 {
                let answers = Answers()
                for number in 0..<10 { try writer.log.append(.clicks(number..<number + 1), waiter: answers) }
                #expect(answers.wait(for: 10).count == 10 && answers.errors.isEmpty)
                let ends = try partitions.map { try reader.log.end($0) }
                #expect(ends.reduce(0, +) == Int64(10 * round))
                // Fetching has a past that it could be taken for.
                for partition in partitions { _ = try reader.log.backlog(partition) }
            }
        }

        @Test("The same range reads the same bytes, however often and in whatever order, and again after a restart")
        func sameBytes() throws {
            let brokers = try Brokers()
            let writer = try WriterSite(brokers)
            let answers = Answers()
            // Many messages, some before others in a batch, so that seeking lands within batches.
            for number in 0..<300 { try writer.log.append(.clicks(20 * number..<20 * number + 20), waiter: answers) }
            #expect(answers.wait(for: 300).count == 300 && answers.errors.isEmpty)
            let reader = try ReaderSite(brokers)
            #expect(try reader.waitForPartitions(3))
            let partition = TopicPartition(.clicks, partition: 1)
            func bytes(_ first: Int64, _ count: Int, _ site: ReaderSite) throws -> String {
                let buffer = ByteBuffer()
                var read: ReadResult?
                #expect(
                    eventually {
                        buffer.clear()
                        read = try? site.log.read(
                            partition, from: first,
                            limit: ReadLimit(events: count, bytes: .max, last: first + Int64(count) - 1), into: buffer)
                        return read != nil
                    })
                #expect(read?.first == first && read?.count == count)
                return buffer.string
            }
            let ranges: [(Int64, Int)] = [(0, 100), (500, 700), (37, 63), (1100, 1), (0, 1200)]
            let once = try ranges.map { try bytes($0.0, $0.1, reader) }
            for _ in 0..<3 {
                for index in ranges.indices.shuffled() {
                    #expect(try bytes(ranges[index].0, ranges[index].1, reader) == once[index])
                }
            }
            reader.log.close()
            let again = try ReaderSite(brokers)
            #expect(try again.waitForPartitions(3))
            for index in ranges.indices { #expect(try bytes(ranges[index].0, ranges[index].1, again) == once[index]) }
        }

        @Test("Limits of events, bytes and the last position are kept, and a line over the bytes comes alone")
        func limits() throws {
            let brokers = try Brokers()
            let writer = try WriterSite(brokers)
            let answers = Answers()
            let user = UUID(high: 1, low: 2)
            try writer.log.append(.clicks(0..<100, user: user), waiter: answers)
            #expect(answers.wait().compactMap(\.error) == [])
            let reader = try ReaderSite(brokers)
            #expect(try reader.waitForPartitions(3))
            var partition = TopicPartition(.clicks)
            #expect(
                eventually {
                    guard
                        let found = try? reader.log.partitions(.clicks).first(where: {
                            (try? reader.log.backlog($0).events) == 100
                        })
                    else { return false }
                    partition = found
                    return true
                })
            let buffer = ByteBuffer()
            func read(_ from: Int64, _ limit: ReadLimit) throws -> Int {
                buffer.clear()
                return try reader.log.read(partition, from: from, limit: limit, into: buffer).count
            }
            let bytes = clickLine(50, user: user).utf8.count + 1
            #expect(try read(0, ReadLimit(events: 7, bytes: .max)) == 7)
            #expect(try read(50, ReadLimit(events: 100, bytes: 3 * bytes + 1)) == 3)
            #expect(try read(50, ReadLimit(events: 100, bytes: 1)) == 1)
            #expect(try read(50, ReadLimit(events: 100, bytes: .max, last: 59)) == 10)
            #expect(try read(10, ReadLimit(events: 1000, bytes: .max)) == 90)
            #expect(try read(100, ReadLimit(events: 1000, bytes: .max)) == 0)
        }

        @Test("Position, note and log are kept by the group: a new reader finds them")
        func committed() throws {
            let brokers = try Brokers()
            let writer = try WriterSite(brokers)
            let answers = Answers()
            try writer.log.append(.clicks(0..<100), waiter: answers)
            #expect(answers.wait().compactMap(\.error) == [])
            let reader = try ReaderSite(brokers)
            #expect(try reader.waitForPartitions(3))
            let partition = TopicPartition(.clicks, partition: 2)
            #expect(try reader.log.committed(partition) == CommittedPosition(next: 0, note: ""))
            let log = try reader.log.identity()
            let plan = CommittedPosition(next: 3, note: "3-7-\(UUID(high: 5, low: 6))+split", log: log)
            try reader.log.commit(partition, plan)
            #expect(try reader.log.committed(partition) == plan)
            reader.log.close()
            let again = try ReaderSite(brokers)
            #expect(try again.waitForPartitions(3))
            #expect(try again.log.committed(partition) == plan)
            #expect(try again.log.identity() == log)
            #expect(log.version == 8)
            let others = try Brokers()
            let elsewhere = try ReaderSite(others)
            #expect(try elsewhere.log.identity() != log)
        }

        @Test("The backlog counts what is not committed, and tells its age, as it comes and goes")
        func backlog() throws {
            let brokers = try Brokers()
            let reader = try ReaderSite(brokers)
            #expect(try reader.waitForPartitions(3))
            let writer = try WriterSite(brokers)
            func events() -> Int64 {
                ((try? reader.log.partitions(.clicks)) ?? []).reduce(0) {
                    $0 + ((try? reader.log.backlog($1).events) ?? 0)
                }
            }
            #expect(events() == 0)
            let answers = Answers()
            try writer.log.append(.clicks(0..<300), waiter: answers)
            #expect(answers.wait().compactMap(\.error) == [])
            #expect(eventually { events() == 300 })
            usleep(300_000)
            for partition in try reader.log.partitions(.clicks) {
                let backlog = try reader.log.backlog(partition)
                #expect(backlog.oldestAgeMilliseconds >= 300 && backlog.oldestAgeMilliseconds < 60_000)
                #expect(backlog.bytes > 0)
            }
            #expect(reader.readAll(count: 300).count == 300)
            #expect(events() == 0)
        }

        @Test(
            "A reader that comes before its topics reads them once they are there, and makes none by accident",
            .enabled(if: Brokers.canBeSteered))
        func beforeTopics() throws {
            let brokers = try Brokers(topics: false)
            let reader = try ReaderSite(brokers)
            usleep(2_000_000)
            #expect(try reader.partitions() == [])
            #expect(!Service.shell("kcat -b \(brokers.addresses) -L").output.contains("topic \""))
            try brokers.makeTopics()
            #expect(try reader.waitForPartitions(3))
            let writer = try WriterSite(brokers)
            let answers = Answers()
            try writer.log.append(.clicks(0..<10), waiter: answers)
            #expect(reader.readAll(count: 10).count == 10)
        }

        @Test(
            "Brokers that go and come back: reading goes on where it was, nothing twice",
            .enabled(if: Brokers.canBeSteered))
        func brokersRestart() throws {
            let brokers = try Brokers()
            let writer = try WriterSite(brokers)
            let reader = try ReaderSite(brokers)
            let answers = Answers()
            try writer.log.append(.clicks(0..<100), waiter: answers)
            #expect(answers.wait().compactMap(\.error) == [])
            #expect(reader.readAll(count: 100).count == 100)
            try brokers.down()
            usleep(3_000_000)
            try brokers.up()
            try writer.log.append(.clicks(100..<200), waiter: answers)
            #expect(answers.wait(for: 2).compactMap(\.error) == [])
            let lines = reader.readAll(count: 100)
            #expect(Set(lines.eventIDs) == Set((100..<200).map { "\(eventID($0))" }))
        }
    }
}
