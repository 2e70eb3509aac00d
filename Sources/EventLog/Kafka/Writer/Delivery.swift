internal import Events
internal import Platform
internal import Synchronization

/// The lines of one append on their way to the brokers: counts their delivery reports, and tells when all have come. A line
/// that was not acknowledged is kept for the spool.
final class Delivery: Sendable {
    /// What the reports said.
    struct Result {
        /// What brokers did not acknowledge, or may have without saying so.
        var unacknowledged: EventLines?
        /// Of the last line that was not acknowledged.
        var failure: KafkaFailure?
        /// A line that no broker takes.
        var refusal: KafkaFailure?
    }

    private struct State {
        var waiting: Int
        var result = Result()
    }

    let counts: [Int]
    let bytes: Int
    let startedAt = Clock.monotonicNanoseconds()
    private let state: Mutex<State>
    private let completion: @Sendable (Delivery, Result) -> Void

    /// One report more than there are lines: `sent` is the last, so that nothing is told before all are under way.
    init(_ lines: EventLines, completion: @escaping @Sendable (Delivery, Result) -> Void) {
        counts = Topic.allCases.map { lines.count($0) }
        bytes = lines.totalBytes
        state = Mutex(State(waiting: lines.totalCount + 1))
        self.completion = completion
    }

    /// All lines have been handed to the producer.
    func sent() { count { _ in } }

    func acknowledged() { count { _ in } }

    /// `line` is without its newline; valid during the call.
    func failed(_ topic: Topic, _ line: UnsafeRawBufferPointer, _ failure: KafkaFailure) {
        count { result in
            guard failure.nature != .refused else {
                result.refusal = failure
                return
            }
            let lines = result.unacknowledged ?? EventLines()
            lines.buffer(topic).append(line)
            lines.buffer(topic).append(UInt8(0x0A))
            lines.lineAdded(topic)
            result.unacknowledged = lines
            result.failure = failure
        }
    }

    private func count(_ change: (inout Result) -> Void) {
        let done: Result? = state.withLock { state in
            change(&state.result)
            state.waiting -= 1
            guard state.waiting == 0 else { return nil }
            defer { state.result = Result() }
            return state.result
        }
        if let done { completion(self, done) }
    }
}
