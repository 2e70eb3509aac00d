import Events
import Glibc
import Platform

/// What must hold after any fault: every acknowledged event is in the tables, nothing is that was never sent, each once.
public struct Invariants {
    private let service: Service
    private let deliveries: Deliveries

    public init(_ service: Service, _ deliveries: Deliveries) {
        self.service = service
        self.deliveries = deliveries
    }

    /// Everything, and the books: what is wrong, in words; empty: all is well.
    public func check(within milliseconds: UInt64 = 60_000) -> [String] {
        var wrong = deliveries.surprises
        for phase in deliveries.phases { wrong += check(phase: phase, within: milliseconds) }
        wrong += checkTotals()
        if let words = Audit.unbalanced(service) { wrong.append("cinelog audit: \(words)") }
        return wrong
    }

    /// One phase. Waits for loading to come to what is acknowledged.
    public func check(phase: Int, within milliseconds: UInt64 = 60_000) -> [String] {
        let deadline = Clock.monotonicMilliseconds() + milliseconds
        return EventKind.allCases.flatMap { kind in check(kind, phase, deadline) }
    }

    private func check(_ kind: EventKind, _ phase: Int, _ deadline: UInt64) -> [String] {
        while true {
            do {
                let wrong = compare(
                    try stored(kind, phase), deliveries.part(kind, phase), "\(kind.topic), phase \(phase)")
                if wrong.isEmpty || Clock.monotonicMilliseconds() > deadline { return wrong }
            } catch {
                if Clock.monotonicMilliseconds() > deadline { return ["\(kind.topic), phase \(phase): \(error)"] }
            }
            usleep(50_000)
        }
    }

    private func stored(_ kind: EventKind, _ phase: Int) throws -> [UUID: Int] {
        let rows = try service.rows(
            """
            SELECT event_id, count() FROM \(kind.topic)
            WHERE \(SentEvent.keyColumn(kind)) = '\(SentEvent.key(kind, phase))' GROUP BY event_id
            """)
        var stored: [UUID: Int] = [:]
        for row in rows {
            let columns = row.split(separator: "\t").map(String.init)
            guard columns.count == 2, let identifier = UUID(columns[0]), let count = Int(columns[1]) else {
                throw Service.Failure(description: "a row that is none: \(row)")
            }
            stored[identifier] = count
        }
        return stored
    }

    private func compare(_ stored: [UUID: Int], _ part: Deliveries.Part, _ place: String) -> [String] {
        let lost = part.acknowledged.filter { stored[$0] == nil }
        let invented = stored.keys.filter { !part.sent.contains($0) }
        let doubled = stored.filter { $0.value != 1 }
        var wrong: [String] = []
        if let one = lost.first { wrong.append("\(place): \(lost.count) acknowledged events are missing, as \(one)") }
        if let one = invented.first { wrong.append("\(place): \(invented.count) events were never sent, as \(one)") }
        if let one = doubled.first { wrong.append("\(place): \(doubled.count) events are there twice, as \(one.key)") }
        return wrong
    }

    /// Nothing is there that belongs to no phase.
    private func checkTotals() -> [String] {
        EventKind.allCases.compactMap { kind in
            let keys = deliveries.phases.map { "'\(SentEvent.key(kind, $0))'" }.joined(separator: ",")
            let strangers = try? service.rows(
                "SELECT count() FROM \(kind.topic) WHERE toString(\(SentEvent.keyColumn(kind))) NOT IN (\(keys))")
            return strangers == ["0"] ? nil : "\(kind.topic): \(strangers ?? ["no answer"]) events of no phase"
        }
    }
}
