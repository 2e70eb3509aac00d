import Events
import TestSupport

/// A few requests of every sort, one after the other, until one is not acknowledged.
struct Script {
    /// What was acknowledged, in order; retries once.
    private(set) var acknowledged: [SentEvent] = []
    private(set) var isComplete = false

    init(_ client: EventClient, phase: Int) { isComplete = run(client, phase) }

    private mutating func run(_ client: EventClient, _ phase: Int) -> Bool {
        func events(_ count: Int) -> [SentEvent] {
            (0..<count).map { client.event(EventKind.allCases[$0 % 4], phase: phase) }
        }
        for event in events(4) { guard send([event], client.send(event)) else { return false } }
        let batch = events(8)
        guard send(batch, client.send(batch)) else { return false }
        let mixed = events(5)
        guard send(mixed, client.send(mixed, invalid: 2)) else { return false }
        // A client that has not understood the answer.
        guard client.send(batch[0]) == .acknowledged, client.send(batch) == .acknowledged else { return false }
        for event in events(4) { guard send([event], client.send(event)) else { return false } }
        return true
    }

    private mutating func send(_ events: [SentEvent], _ outcome: EventClient.Outcome) -> Bool {
        guard outcome == .acknowledged else { return false }
        acknowledged += events
        return true
    }
}
