import Events
import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

/// Readers who ask for more than the machine can give are stopped by their limits, and loading goes on beside them.
@Suite(.turn(.processes)) struct HeavyReadersTests {
    private static let heavy = [
        "SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))",
        "SELECT uniqExact(number) FROM numbers(100000000000)",
    ]
    private static let events = 20_000

    /// A reader who asks again as soon as there is an answer, until told to stop; the answers' statuses.
    private final class Reader: Sendable {
        private let statuses = Condition<[Int]>([])
        private let isStopped = Condition(false)
        private let thread: Thread

        init(_ service: Service, _ statement: String) {
            let (statuses, isStopped) = (statuses, isStopped)
            thread = Thread("reader") {
                while !isStopped.withLock({ $0 }) {
                    let status = (try? service.sql(statement))?.status ?? 0
                    statuses.withLock { $0.append(status) }
                    statuses.broadcast()
                }
            }
        }

        /// Waits for an answer.
        func first() -> Int { statuses.wait(atMost: 120_000, until: { !$0.isEmpty }) { $0.first ?? -1 } }

        func stop() -> [Int] {
            isStopped.withLock { $0 = true }
            thread.join()
            return statuses.withLock { $0 }
        }
    }

    @Test func `Two readers with endless statements do not hold up loading, and are told of their limits`() throws {
        let service = try Service(
            "serve", ["SQL_TIMEOUT_S": "4", "SQL_MAX_MEMORY_BYTES": "256M", "LOG_LEVEL": "info"])
        let readers = Self.heavy.map { Reader(service, $0) }
        // Both have been answered once, and ask again.
        for reader in readers { #expect(reader.first() == 422) }
        let batch = "[" + Array(repeating: #"{"type":"click","obj_id":"a"}"#, count: 500).joined(separator: ",") + "]"
        for _ in 0..<Self.events / 500 { #expect(try service.post("/v1/events", batch).status == 201) }
        let drained = try loaded(by: service, within: 120_000)
        #expect(drained == Self.events)
        // They asked all the while.
        let statuses = readers.flatMap { $0.stop() }
        #expect(Set(statuses) == [422], "\(statuses)")
        #expect(try service.rows("SELECT count() FROM clicks") == ["\(Self.events)"])
    }

    /// How many events the store says to have loaded, once none waits. (Readers' SQL would wait behind the two.)
    private func loaded(by service: Service, within milliseconds: UInt64) throws -> Int {
        let deadline = Clock.monotonicMilliseconds() + milliseconds
        while true {
            let metrics = try service.get(service.admin + "/metrics").body.string
            let loaded = Self.value(#"cinelog_loaded_events_total{topic="clicks"}"#, metrics)
            if loaded >= Self.events || Clock.monotonicMilliseconds() > deadline { return loaded }
            usleep(20_000)
        }
    }

    private static func value(_ series: String, _ metrics: String) -> Int {
        let line = metrics.split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return line.flatMap { Double($0.split(separator: " ").last ?? "") }.map { Int($0) } ?? 0
    }
}
