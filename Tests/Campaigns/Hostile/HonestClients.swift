import Events
import Glibc
import Platform
import Synchronization
import TestSupport

/// Clients that behave, and how long each of their events takes: half of them on a connection that they keep, half on a new one for each
/// event.
final class HonestClients: Sendable {
    private static let pauseMicroseconds: UInt32 = 2_000

    private let times = Mutex<[Double]>([])
    private let failures = Mutex<[String]>([])
    private let stopped = Atomic<Bool>(false)
    private let threads: Mutex<[Thread]> = Mutex([])

    init(_ running: Running, chance: inout Chance, phase: Int, clients: Int = 4) {
        let (url, deliveries) = (running.service.ingest, running.deliveries)
        for number in 0..<clients {
            let own = chance.split()
            let thread = Thread("honest \(number)") { [self] in
                var chance = own
                var client: EventClient?
                var count = 0
                while !stopped.load(ordering: .relaxed) {
                    if client == nil || number % 2 == 0 {
                        client = EventClient(
                            "honest-\(phase)-\(number)-\(count)", url: url, deliveries: deliveries,
                            chance: chance.split())
                    }
                    count += 1
                    send(client!, phase)
                    usleep(HonestClients.pauseMicroseconds)
                }
            }
            threads.withLock { $0.append(thread) }
        }
    }

    private func send(_ client: EventClient, _ phase: Int) {
        let event = client.event(phase: phase)
        let start = Clock.monotonicNanoseconds()
        let outcome = client.send(event)
        let milliseconds = Double(Clock.monotonicNanoseconds() - start) / 1e6
        times.withLock { $0.append(milliseconds) }
        if outcome != .acknowledged { failures.withLock { $0.append("\(outcome)") } }
    }

    /// Ends them: what each event took, ms, ascending, and what was not acknowledged.
    func stop() -> (milliseconds: [Double], failures: [String]) {
        stopped.store(true, ordering: .relaxed)
        for thread in threads.withLock({ $0 }) { thread.join() }
        return (times.withLock { $0.sorted() }, failures.withLock { $0 })
    }
}

extension [Double] {
    /// Of ascending values, the one below which that share lies.
    func quantile(_ share: Double) -> Double { isEmpty ? 0 : self[Swift.min(count - 1, Int(Double(count) * share))] }

    var median: Double { sorted().quantile(0.5) }
}
