import EventLog
import Events
import Glibc
import Platform
import TestSupport
import Testing

extension KafkaTests {
    @Suite("Several readers")
    struct RebalanceTests {
        @Test(
            "A second reader takes its share, and what each reads is disjoint; when it leaves, the first has all again")
        func share() throws {
            let brokers = try Brokers()
            let first = try ReaderSite(brokers)
            #expect(try first.waitForPartitions(3))
            let second = try ReaderSite(brokers)
            #expect(
                try eventually {
                    try first.partitions().count < 3 && second.partitions().count > 0
                        && (first.partitions() + second.partitions()).sorted() == [0, 1, 2]
                })
            second.log.close()
            #expect(try first.waitForPartitions(3))
        }

        @Test(
            "Between plan and commit the partition goes to another: the commit fails, the plan goes with the partition, byte for byte"
        )
        func planMoves() throws {
            let brokers = try Brokers()
            let writer = try WriterSite(brokers)
            let answers = Answers()
            for number in 0..<300 { try writer.log.append(.clicks(number..<number + 1), waiter: answers) }
            #expect(answers.wait(for: 300).count == 300 && answers.errors.isEmpty)
            let first = try ReaderSite(brokers)
            #expect(try first.waitForPartitions(3))
            // A plan in every partition, as the Loader writes them down before it inserts.
            var plans: [TopicPartition: CommittedPosition] = [:]
            var bytes: [TopicPartition: String] = [:]
            for partition in try first.log.partitions(.clicks) {
                let buffer = ByteBuffer()
                #expect(eventually { ((try? first.log.backlog(partition).events) ?? 0) > 0 })
                let read = try first.log.read(
                    partition, from: 0, limit: ReadLimit(events: 50, bytes: .max), into: buffer)
                let plan = CommittedPosition(next: 0, note: "0-\(read.count - 1)-plan of \(partition.partition)")
                try first.log.commit(partition, plan)
                plans[partition] = plan
                bytes[partition] = buffer.string
            }
            let second = try ReaderSite(brokers)
            #expect(try eventually { try !second.partitions().isEmpty })
            for partition in try second.log.partitions(.clicks) {
                // The first one comes with its commit after all.
                #expect(throws: ReadError.self) {
                    try first.log.commit(partition, CommittedPosition(next: 50, note: ""))
                }
                let found = try second.log.committed(partition)
                #expect(found == plans[partition])
                let buffer = ByteBuffer()
                let last = try #require(found.note.split(separator: "-").dropFirst().first.flatMap { Int64($0) })
                #expect(
                    eventually {
                        buffer.clear()
                        return
                            (try? second.log.read(
                                partition, from: 0, limit: ReadLimit(events: 50, bytes: .max, last: last), into: buffer))
                            != nil
                    })
                #expect(buffer.string == bytes[partition])
                try second.log.commit(partition, CommittedPosition(next: last + 1, note: ""))
                #expect(try second.log.committed(partition).next == last + 1)
            }
            // What stayed was never interrupted.
            for partition in try first.log.partitions(.clicks) {
                try first.log.commit(partition, CommittedPosition(next: 50, note: ""))
            }
        }

        @Test(
            "Readers that come and go while events come: every event is read and committed, by one or after a change by the next"
        )
        func churn() throws {
            let brokers = try Brokers()
            let writer = try WriterSite(brokers)
            let answers = Answers()
            let steady = try ReaderSite(brokers)
            var lines: [String] = []
            var sent = 0
            for round in 0..<4 {
                for _ in 0..<250 {
                    try writer.log.append(.clicks(sent..<sent + 1), waiter: answers)
                    sent += 1
                }
                let other = try ReaderSite(brokers)
                lines += other.readAll(count: .max, within: 3000)
                lines += steady.readAll(count: .max, within: 500)
                if round % 2 == 0 { other.log.close() }
            }
            lines += steady.readAll(count: 1000 - Set(lines).count, within: 20_000)
            #expect(answers.wait(for: 1000).count == 1000 && answers.errors.isEmpty)
            #expect(
                eventually {
                    lines += steady.readAll(count: 1, within: 200)
                    return Set(lines.eventIDs).count == 1000
                })
        }
    }
}
