import Glibc
import Platform
import Synchronization

/// All open connections, and the thread that ends those that take too long. A descriptor is only touched under the lock, and
/// leaves the list under it before it is closed: it cannot be another connection's by then.
final class ConnectionRegistry: Sendable {
    private struct State {
        var connections: [HTTPConnection] = []
        /// Descriptors on their way to the sweeper, which closes them.
        var leaving: [Int32] = []
        var lingering = 0
        var draining = false
        /// When draining: until then idle connections may still bring a request.
        var graceEnds: UInt64 = 0
        var stopped = false

        var isEmpty: Bool { connections.isEmpty && leaving.isEmpty && lingering == 0 }
    }

    private let state = Condition(State())
    private let openCount = Atomic<Int>(0)
    private let options: HTTPServerOptions
    /// Nil where clients may have as many as there are.
    let clients: ClientConnections?
    private static let sweepMilliseconds = 100
    /// How often idle connections are looked at, which costs a system call each.
    private let lookMilliseconds: UInt64

    init(_ options: HTTPServerOptions) {
        self.options = options
        clients = ClientConnections(options)
        lookMilliseconds = UInt64(max(ConnectionRegistry.sweepMilliseconds, options.requestMilliseconds / 10))
    }

    func add(descriptor: Int32, from address: UnsafePointer<sockaddr>?, _ bell: LoopBell) -> HTTPConnection {
        // Who connects and says nothing may do so for as long as a request may take.
        let deadline = Clock.monotonicMilliseconds() + UInt64(options.requestMilliseconds)
        let client = clients?.client(NetworkAddress(address))
        if let client { clients?.opened(client) }
        let connection = HTTPConnection(descriptor: descriptor, client: client, deadline: deadline, bell)
        state.withLock {
            connection.place = $0.connections.count
            $0.connections.append(connection)
            openCount.store($0.connections.count, ordering: .relaxed)
        }
        return connection
    }

    /// The connection is about to be closed.
    func remove(_ connection: HTTPConnection) {
        if let client = connection.client { clients?.closed(client) }
        // A second descriptor keeps the socket when libmicrohttpd closes its own.
        let lingering = mustLinger(connection) ? fcntl(connection.descriptor, F_DUPFD_CLOEXEC, 0) : -1
        state.withLock { state in
            let last = state.connections.removeLast()
            if last !== connection {
                state.connections[connection.place] = last
                last.place = connection.place
            }
            openCount.store(state.connections.count, ordering: .relaxed)
            if lingering >= 0 { state.leaving.append(lingering) }
        }
        if lingering >= 0 || state.withLock({ $0.draining && $0.isEmpty }) { state.broadcast() }
    }

    /// What ends while it is receiving, ends by an answer of libmicrohttpd's own or of the sweeper's.
    private func mustLinger(_ connection: HTTPConnection) -> Bool {
        (connection.lingers.load(ordering: .relaxed) || connection.phase == .receiving) && !connection.isLeft
    }

    var count: Int { state.withLock { $0.connections.count } }

    /// As `count`, without a lock: for a look at every answer.
    var openConnections: Int { openCount.load(ordering: .relaxed) }

    /// Waits until there is no connection left, or until a moment of the monotonic clock.
    func awaitEmpty(until deadline: UInt64) {
        let now = Clock.monotonicMilliseconds()
        state.wait(atMost: deadline > now ? Int(deadline - now) : 0, until: { $0.isEmpty }) { _ in }
    }

    /// Whether something is still being answered.
    var isAnswering: Bool {
        state.withLock { $0.connections.contains { $0.phase == .waiting || $0.phase == .sending } }
    }

    /// The exchanges that wait for their answer, or whose answer is a stream.
    var open: [HTTPExchange] { state.withLock { $0.connections.compactMap { $0.exchange.withLock { $0 } } } }

    // MARK: Sweeping

    func startSweeping() -> Thread { Thread("http deadlines") { [self] in run() } }

    private func run() {
        var sockets = LingeringSockets()
        var (nextSweep, nextLook): (UInt64, UInt64) = (0, 0)
        while pause(&sockets) {
            let now = Clock.monotonicMilliseconds()
            guard now >= nextSweep else { continue }
            nextSweep = now + UInt64(ConnectionRegistry.sweepMilliseconds)
            sweep(now, looking: now >= nextLook)
            if now >= nextLook { nextLook = now + lookMilliseconds }
        }
        sockets.closeAll()
    }

    /// The time between two sweeps; false when it was the last.
    private func pause(_ sockets: inout LingeringSockets) -> Bool {
        if !sockets.isEmpty { sockets.drain(atMost: 20, now: Clock.monotonicMilliseconds()) }
        let milliseconds = sockets.isEmpty ? ConnectionRegistry.sweepMilliseconds : 0
        let now = Clock.monotonicMilliseconds()
        let (isOver, isEmpty) = state.wait(atMost: milliseconds, until: { $0.stopped || !$0.leaving.isEmpty }) {
            state in
            for descriptor in state.leaving { sockets.add(descriptor, now: now) }
            state.leaving.removeAll(keepingCapacity: true)
            state.lingering = sockets.count
            return (state.stopped, state.draining && state.isEmpty)
        }
        if isEmpty { state.broadcast() }
        return !isOver
    }

    func stopSweeping() {
        state.withLock { $0.stopped = true }
        state.broadcast()
    }

    /// Idle connections are ended after `graceMilliseconds`: a request that is on its way by then is still answered (and its
    /// answer says that it was the last).
    func drain(graceMilliseconds: Int) {
        let now = Clock.monotonicMilliseconds()
        state.withLock {
            $0.draining = true
            $0.graceEnds = now + UInt64(graceMilliseconds)
        }
        if graceMilliseconds == 0 { sweep(now, looking: false) }
    }

    private func sweep(_ now: UInt64, looking: Bool) {
        var late: [(HTTPExchange, wasWaiting: Bool)] = []
        state.withLock { state in
            let closesIdle = state.draining && state.graceEnds <= now
            for connection in state.connections {
                let moment = connection.moment
                if moment.phase == .idle, closesIdle || looking { lookAt(connection, moment, now, closesIdle) }
                if looking, moment.phase == .sending, let exchange = abandoned(connection) {
                    late.append((exchange, false))
                }
                guard moment.deadline <= now, let exchange = expire(connection, moment) else { continue }
                late.append((exchange, moment.phase == .waiting))
            }
        }
        // Outside the lock: both wake the connection.
        for (exchange, wasWaiting) in late {
            if wasWaiting { exchange.answer(options.fault(.overloaded)) } else { exchange.abortStream() }
        }
    }

    /// The exchange of an answer that nobody reads any more, where that ends it.
    private func abandoned(_ connection: HTTPConnection) -> HTTPExchange? {
        guard let exchange = connection.exchange.withLock({ $0 }), exchange.endsWithClient, connection.isLeft else {
            return nil
        }
        return exchange
    }

    private func lookAt(
        _ connection: HTTPConnection, _ moment: HTTPConnection.Moment, _ now: UInt64, _ closes: Bool
    ) {
        // What has arrived is still read and answered.
        if closes { return _ = shutdown(connection.descriptor, Int32(SHUT_RD)) }
        switch connection.look() {
        case .none: break
        case .begunAgain:
            _ = connection.change(moment, to: .receiving, deadline: now + UInt64(options.requestMilliseconds))
        case .left:
            if connection.change(moment, to: .expired, deadline: HTTPConnection.never) {
                shutdown(connection.descriptor, Int32(SHUT_RDWR))
            }
        }
    }

    /// Ends what is late; answers the exchange that is to be told of it.
    private func expire(_ connection: HTTPConnection, _ moment: HTTPConnection.Moment) -> HTTPExchange? {
        if moment.phase == .waiting {
            guard connection.change(moment, to: .waiting, deadline: HTTPConnection.never) else { return nil }
            return connection.exchange.withLock { $0 }
        }
        guard moment.phase != .expired,
            connection.change(moment, to: .expired, deadline: HTTPConnection.never)
        else { return nil }
        if moment.phase == .receiving {
            // Nothing of an answer has been sent, and nothing will be: the server's own can go out as it is.
            RawAnswer.send(options.fault(.tooSlow), to: connection.descriptor)
        }
        shutdown(connection.descriptor, Int32(SHUT_RDWR))
        return moment.phase == .sending ? connection.exchange.withLock { $0 } : nil
    }
}
