import Events
import Glibc
import HTTPClient
import Platform
import TestSupport

/// Sends events of many viewers to a service, without end, until told to stop; counts what was taken.
final class Load: Sendable {
    private let state: Condition<(service: Service, isStopped: Bool, sent: Int, refused: Int)>
    private let thread = Condition<Thread?>(nil)
    static let batch = 20

    /// - Parameter first: the first event's number, which counts those before it as taken.
    init(_ service: Service, first: Int = 0) {
        let state = Condition((service: service, isStopped: false, sent: first, refused: 0))
        self.state = state
        thread.withLock {
            $0 = Thread("load") {
                while !state.withLock({ $0.isStopped }) {
                    let (service, first) = state.withLock { ($0.service, $0.sent) }
                    let good = Load.send(service, first..<first + Load.batch)
                    state.withLock { if good { $0.sent += Load.batch } else { $0.refused += 1 } }
                    usleep(5000)
                }
            }
        }
    }

    /// A test that fails in between stops it too.
    deinit { state.withLock { $0.isStopped = true } }

    /// As a proxy whose upstream is changed: what is sent from now on goes there, and what was refused is sent again.
    func turn(to service: Service) { state.withLock { $0.service = service } }

    /// Events taken so far.
    var sent: Int { state.withLock { $0.sent } }

    /// Until so many more are taken; false where they are not in time.
    func wait(for count: Int, within milliseconds: UInt64 = 30_000) -> Bool {
        let from = sent
        return holds(within: milliseconds) { sent >= from + count }
    }

    /// Events taken, and requests that were not.
    func stop() -> (sent: Int, refused: Int) {
        state.withLock { $0.isStopped = true }
        thread.withLock { $0 }?.join()
        return state.withLock { ($0.sent, $0.refused) }
    }

    /// Clicks of these numbers, each of one of a hundred devices; whether they were taken.
    static func send(_ service: Service, _ numbers: Range<Int>) -> Bool {
        let events = numbers.map {
            "{\"type\":\"click\",\"event_id\":\"\(eventID($0))\",\"anonymous_id\":\"device \($0 % 100)\","
                + "\"obj_id\":\"button \($0 % 10)\"}"
        }
        return (try? service.post("/v1/events", "[" + events.joined(separator: ",") + "]"))?.status == 201
    }
}
