import EventLog
import Events
import Platform
import Synchronization

/// Keeps what failed its checks in the log's topic `rejected`, from where it goes to the quarantine.
///
/// It is kept where that costs others nothing: at a bounded rate, never waited for, and only while the log has half of its
/// room left. What is not kept is counted; its sender has been told what is wrong in any case.
final class Rejects: Sendable {
    private struct State {
        var events: TokenBucket
        var bytes: TokenBucket
        var identifiers = UUIDGenerator()
    }

    /// How long the whole of a rate may gather for one burst.
    private static let burstSeconds = 100
    private static let roomTakenMax = 0.5
    /// At least: an event that was too long for a smaller limit is kept whole, so that a larger one can let it pass.
    private static let payloadBytesMin = 65_536

    private let log: any EventLogWriter
    private let payloadBytesMax: Int
    private let state: Mutex<State>
    private let kept: Counter
    private let notKept: Counter

    init(_ log: any EventLogWriter, _ options: QuarantineOptions, _ limits: EventLimits, _ registry: MetricsRegistry) {
        self.log = log
        payloadBytesMax = max(Rejects.payloadBytesMin, limits.lineBytesMax)
        let now = Clock.monotonicNanoseconds()
        let seconds = Rejects.burstSeconds
        state = Mutex(
            State(
                events: TokenBucket(perSecond: options.eventsPerSecond, seconds: seconds, now: now),
                bytes: TokenBucket(perSecond: options.bytesPerSecond, seconds: seconds, now: now)))
        kept = registry.counter(
            "cinelog_rejected_kept_total", "Events that failed their checks and are on their way to the quarantine.")
        notKept = registry.counter(
            "cinelog_rejected_not_kept_total",
            "Events that failed their checks and were not kept: too many, or no room.")
    }

    /// Keeps one event that came by itself, if the fault is the event's.
    ///
    /// - Parameter text: the event; `JSONParser.padding` bytes behind it may be read.
    func keep(
        _ error: ClientError, of kind: EventKind?, _ text: UnsafeRawBufferPointer, _ context: EventContext,
        _ workspace: Workspace
    ) {
        guard let errors = error.faultsOfEvent else { return }
        // Lines that were noted before the whole was refused are not kept.
        workspace.rejected.clear()
        let value = try? workspace.single.parse(text)
        let kind = kind ?? value.flatMap(EventReader.kind)
        note(
            RejectedEvent(kind: kind, payload: .text(text), value: value, errors: errors, context: context), workspace)
        append(workspace.rejected)
    }

    /// Adds the event's line to the workspace's, if the rate allows.
    func note(_ event: RejectedEvent, _ workspace: Workspace) {
        let lines = workspace.rejected
        guard let id = admit(event.context.receivedAt) else { return notKept.add() }
        let start = lines.buffer(.rejected).count
        event.write(into: lines, newID: id, payloadBytesMax: payloadBytesMax, scratch: workspace.rejectedPayload)
        let bytes = lines.buffer(.rejected).count - start
        state.withLock { $0.bytes.take(bytes) }
    }

    /// An identity for one more event; nil where the rate does not allow one.
    private func admit(_ receivedAt: Timestamp) -> UUID? {
        let now = Clock.monotonicNanoseconds()
        return state.withLock { state in
            // Both are asked, so that both are filled.
            let (events, bytes) = (state.events.hasAny(now: now), state.bytes.hasAny(now: now))
            guard events, bytes else { return nil }
            state.events.take(1)
            return state.identifiers.next(unixMilliseconds: receivedAt.unixMilliseconds)
        }
    }

    /// Hands noted lines to the log.
    func append(_ lines: EventLines) {
        let count = lines.count(.rejected)
        guard count > 0 else { return }
        guard log.roomTaken < Rejects.roomTakenMax else { return notKept.add(count) }
        do throws(AppendError) {
            try log.append(lines, waiter: Waiter(count, kept, notKept))
        } catch {
            notKept.add(count)
        }
    }

    /// Nobody waits: only counts.
    private final class Waiter: AppendWaiter {
        private let count: Int
        private let kept: Counter
        private let notKept: Counter

        init(_ count: Int, _ kept: Counter, _ notKept: Counter) {
            (self.count, self.kept, self.notKept) = (count, kept, notKept)
        }

        func appended(_ outcome: AppendOutcome) {
            switch outcome {
            case .durable: kept.add(count)
            case .failed: notKept.add(count)
            }
        }
    }
}
