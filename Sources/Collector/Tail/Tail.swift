import Events
import HTTPServer
import Platform
import Synchronization

/// Tells those who look on (`GET /tail` of the private server) what arrives, as it arrives.
///
/// While nobody does, a request pays for one relaxed load. While somebody does, telling never waits: each listener has a bounded
/// room and a rate, and is told how many events did not fit.
final class Tail: Sendable {
    private struct State {
        var listeners: [TailListener] = []
        var thread: Thread?
        var isClosed = false
        let frame = ByteBuffer()
        let lines = EventLines()
        let scratch = ByteBuffer()

        /// Hands one event to those who want it; it is written for the first of them only.
        mutating func tell(
            now: UInt64, where isWanted: (TailFilter) -> Bool, _ write: (State, ByteBuffer) -> Void
        ) {
            frame.clear(keeping: 65_536)
            for place in listeners.indices where isWanted(listeners[place].filter) {
                guard listeners[place].admits(now: now) else { continue }
                if frame.count == 0 { write(self, frame) }
                listeners[place].tell(frame.bytes)
            }
        }
    }

    private let options: TailOptions
    private let state = Condition(State())
    private let isWatched = Atomic<Bool>(false)
    private static let tickMilliseconds = 500

    init(_ options: TailOptions) { self.options = options }

    // MARK: Telling

    /// Nil while nobody looks on.
    func witness(_ exchange: HTTPExchange) -> TailWitness? {
        guard isWatched.load(ordering: .relaxed) else { return nil }
        return TailWitness(tail: self, key: exchange.writeKey.map(ShortenedKey.of))
    }

    /// Events that passed all checks and are on their way to the disk.
    func accepted(_ lines: EventLines, _ warnings: Warnings, key: String?) {
        let now = Clock.monotonicNanoseconds()
        state.withLock { state in
            for kind in EventKind.allCases where lines.count(kind) > 0 {
                var rest = LineReader(lines.buffer(kind).bytes)
                while let line = rest.next() {
                    guard let head = CanonicalLine.head(line) else { continue }
                    let faults = warnings.isEmpty ? [] : UUID(head.eventID).flatMap { warnings[$0] } ?? []
                    state.tell(now: now, where: { $0.matches(head, kind, warned: !faults.isEmpty, key: key) }) {
                        _, out in
                        TailFrame.accepted(
                            line, head, kind, faults, key: key, bytesMax: options.eventBytesMax, into: out)
                    }
                }
            }
        }
    }

    /// An event that was refused, and the status that its sender was answered.
    func rejected(_ event: RejectedEvent, status: Int, key: String?) {
        let now = Clock.monotonicNanoseconds()
        state.withLock { state in
            state.tell(now: now, where: { $0.matches(event, key: key) }) { state, out in
                TailFrame.rejected(
                    event, status: status, key: key, bytesMax: options.eventBytesMax, lines: state.lines,
                    scratch: state.scratch, into: out)
            }
        }
    }

    // MARK: Listening

    var listenerCount: Int { state.withLock { $0.listeners.count } }

    /// What a new listener reads; nil where there are too many.
    func listen(_ filter: TailFilter) -> HTTPBodyStream? {
        let listener = TailListener(filter, options)
        let taken = state.withLock { state in
            state.listeners.removeAll { $0.stream.isAbandoned }
            guard !state.isClosed, state.listeners.count < options.listenersMax else { return false }
            state.listeners.append(listener)
            isWatched.store(true, ordering: .relaxed)
            if state.thread == nil { state.thread = Thread("tail") { [self] in run() } }
            return true
        }
        guard taken else { return nil }
        state.broadcast()
        return listener.stream
    }

    /// One thread for all of them, from the first on: drops, signs of life, and those who have gone.
    private func run() {
        while true {
            state.wait(until: { $0.isClosed || !$0.listeners.isEmpty }) { _ in }
            let isOver = state.wait(atMost: Tail.tickMilliseconds, until: { $0.isClosed }) { state in
                if !state.isClosed { tick(&state) }
                return state.isClosed
            }
            if isOver { return }
        }
    }

    private func tick(_ state: inout State) {
        state.listeners.removeAll { $0.stream.isAbandoned }
        for place in state.listeners.indices {
            state.listeners[place].tick(keepAliveMilliseconds: options.keepAliveMilliseconds)
        }
        if state.listeners.isEmpty { isWatched.store(false, ordering: .relaxed) }
    }

    /// Ends every listener's stream, and takes no other.
    func close() {
        let thread = state.withLock { state in
            state.isClosed = true
            isWatched.store(false, ordering: .relaxed)
            for listener in state.listeners { listener.stream.finish() }
            state.listeners = []
            return state.thread
        }
        state.broadcast()
        thread?.join()
    }
}
