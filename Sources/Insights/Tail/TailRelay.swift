import Glibc
import HTTPServer
import Platform
import Synchronization

/// Hands the collector's live events on to readers: one thread for all of them, which never waits for one.
///
/// A reader that is slow is read for slowly: then the collector, whose room for it is bounded, counts what does not fit.
final class TailRelay: Sendable {
    private struct Orders {
        var new: [(exchange: HTTPExchange, target: String)] = []
        var open = 0
        var isClosed = false
    }

    private let socket: String
    private let orders = Mutex(Orders())
    /// Rung when there are orders.
    private let bell = RelayBell()
    private let thread = Mutex<Thread?>(nil)
    /// More than the collector takes: it is the one that says so.
    private static let openMax = 32
    private static let lookMilliseconds: Int32 = 500
    private static let stalledMilliseconds: Int32 = 20

    /// - Parameter socket: the collector's private one.
    init(socket: String) {
        self.socket = socket
        thread.withLock { $0 = Thread("tail") { [self] in run() } }
    }

    /// Answers `exchange`, soon, with what the collector answers to `target`. False when there are too many.
    func open(_ exchange: HTTPExchange, target: String) -> Bool {
        let taken = orders.withLock { orders in
            guard !orders.isClosed, orders.open + orders.new.count < TailRelay.openMax else { return false }
            orders.new.append((exchange, target))
            return true
        }
        if taken { bell.ring() }
        return taken
    }

    /// Ends every reader's stream.
    func close() {
        orders.withLock { $0.isClosed = true }
        bell.ring()
        thread.withLock { $0.take() }?.join()
    }

    // MARK: The thread

    private func run() {
        var open: [RelayedTail] = []
        while takeOrders(&open) {
            open.removeAll { !$0.step() }
            wait(open)
        }
        for tail in open { tail.end() }
    }

    /// False when it is over.
    private func takeOrders(_ open: inout [RelayedTail]) -> Bool {
        bell.clear()
        let (new, isClosed) = orders.withLock { orders in
            defer {
                orders.open = open.count + orders.new.count
                orders.new = []
            }
            return (orders.new, orders.isClosed)
        }
        open += new.map { RelayedTail($0.exchange, socket: socket, target: $0.target) }
        return !isClosed
    }

    /// Until there is something to read, an order, or time to look after readers.
    private func wait(_ open: [RelayedTail]) {
        var descriptors = [pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)]
        for tail in open where tail.hasRoom {
            descriptors.append(pollfd(fd: tail.descriptor, events: Int16(POLLIN), revents: 0))
        }
        let isStalled = descriptors.count <= open.count
        let milliseconds = open.isEmpty ? -1 : isStalled ? TailRelay.stalledMilliseconds : TailRelay.lookMilliseconds
        poll(&descriptors, nfds_t(descriptors.count), milliseconds)
    }
}
