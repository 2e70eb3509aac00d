import Glibc
import Platform
import Synchronization

/// Clients that send the mixture side by side until told to stop.
public final class MixedLoad: Sendable {
    /// What became of the requests so far.
    public struct Tally: Sendable {
        public var acknowledged = 0
        public var refused = 0
        public var cutOff = 0
        /// From request to answer, microseconds; acknowledged ones.
        public var latencies: [UInt32] = []
    }

    private let stopped = Atomic<Bool>(false)
    private let phaseNow: Atomic<Int>
    private let tally = Mutex(Tally())
    private let threads = Mutex<[Thread]>([])

    /// - Parameter pauseMicroseconds: what each client waits between requests.
    public init(
        _ service: Service, deliveries: Deliveries, chance: inout Chance, clients: Int = 3, phase: Int = 0,
        pauseMicroseconds: UInt32 = 2000
    ) {
        phaseNow = Atomic(phase)
        for number in 0..<clients {
            let client = EventClient(
                "\(phase)-\(number)", url: service.ingest, deliveries: deliveries, chance: chance.split())
            let thread = Thread("client \(number)") { [self] in run(client, pauseMicroseconds) }
            threads.withLock { $0.append(thread) }
        }
    }

    private func run(_ client: EventClient, _ pause: UInt32) {
        while !stopped.load(ordering: .relaxed) {
            let started = Clock.monotonicNanoseconds()
            let outcome = client.sendAny(phase: phaseNow.load(ordering: .relaxed))
            let microseconds = UInt32(clamping: (Clock.monotonicNanoseconds() - started) / 1000)
            tally.withLock { tally in
                switch outcome {
                case .acknowledged:
                    tally.acknowledged += 1
                    tally.latencies.append(microseconds)
                case .refused: tally.refused += 1
                case .cutOff: tally.cutOff += 1
                case .wrong: break
                }
            }
            usleep(outcome == .cutOff ? max(pause, 5000) : pause)
        }
    }

    /// What is made from now on belongs to this phase.
    public func begin(phase: Int) { phaseNow.store(phase, ordering: .relaxed) }

    /// So far; begins anew.
    public func takeTally() -> Tally {
        tally.withLock { tally in
            defer { tally = Tally() }
            return tally
        }
    }

    /// Waits until so many more requests are acknowledged, or ten seconds are over.
    public func wait(for more: Int) {
        let target = tally.withLock { $0.acknowledged } + more
        let deadline = Clock.monotonicMilliseconds() + 10_000
        while tally.withLock({ $0.acknowledged }) < target, Clock.monotonicMilliseconds() < deadline { usleep(1000) }
    }

    public func stop() {
        stopped.store(true, ordering: .relaxed)
        for thread in threads.withLock({ $0 }) { thread.join() }
    }
}

extension [UInt32] {
    /// The value that so many per cent are not above; 0 for none.
    public func percentile(_ share: Int) -> UInt32 {
        isEmpty ? 0 : sorted()[Swift.min(count - 1, count * share / 100)]
    }
}
