import EventLog
import Events
import Platform
import TestSupport

/// A reader, and what a Loader would do with it.
final class ReaderSite: Sendable {
    let log: KafkaLogReader
    let metrics = MetricsRegistry()

    init(_ brokers: Brokers) throws {
        var options = KafkaOptions(brokers: brokers.addresses)
        options.sessionMilliseconds = 6000
        brokers.configure(&options)
        log = try KafkaLogReader(options, metrics: metrics, logger: quiet)
    }

    deinit { log.close() }

    func partitions(_ topic: Topic = .clicks) throws -> [Int32] { try log.partitions(topic).map(\.partition) }

    func waitForPartitions(_ count: Int, _ topic: Topic = .clicks) throws -> Bool {
        try eventually { try partitions(topic).count == count }
    }

    /// Reads all that waits, committing each read, until `count` lines are there or the time is over.
    func readAll(_ topic: Topic = .clicks, count: Int, within milliseconds: UInt64 = 30_000) -> [String] {
        var lines: [String] = []
        let buffer = ByteBuffer()
        _ = eventually(within: milliseconds) {
            for partition in (try? log.partitions(topic)) ?? [] {
                buffer.clear()
                guard let next = try? log.committed(partition).next,
                    let read = try? log.read(
                        partition, from: next, limit: ReadLimit(events: 10_000, bytes: 1 << 20), into: buffer),
                    read.count > 0,
                    (try? log.commit(partition, CommittedPosition(next: read.first + Int64(read.count), note: "")))
                        != nil
                else { continue }
                lines += buffer.string.split(separator: "\n").map(String.init)
            }
            return lines.count >= count
        }
        return lines
    }
}

extension Sequence<String> {
    /// The event ids of lines.
    var eventIDs: [String] { map { String($0.dropFirst(13).prefix(36)) } }
}
