import CMicroHTTPD
import Events
import Glibc
import Platform
import Synchronization

/// One open connection and the deadline of what it is doing.
final class HTTPConnection: Sendable {
    enum Phase: UInt8 { case receiving, waiting, sending, idle }

    let descriptor: Int32
    private let phase = Atomic<UInt8>(Phase.receiving.rawValue)
    private let deadlineMilliseconds: Atomic<UInt64>
    /// While idle: bytes received when the sweeper first saw it so; -1: not seen yet.
    private let idleBytes = Atomic<Int64>(-1)
    let exchange = Mutex<HTTPExchange?>(nil)
    /// The place in the registry's list, kept by the registry under its lock.
    nonisolated(unsafe) var place = 0

    /// Of the loop that serves it.
    let bell: LoopBell

    init(descriptor: Int32, deadline: UInt64, _ bell: LoopBell) {
        self.descriptor = descriptor
        self.bell = bell
        deadlineMilliseconds = Atomic(deadline)
    }

    func enter(_ phase: Phase, deadline: UInt64) {
        deadlineMilliseconds.store(deadline, ordering: .relaxed)
        self.phase.store(phase.rawValue, ordering: .releasing)
        if phase == .idle { idleBytes.store(-1, ordering: .relaxed) }
    }

    /// Leaves the phase as it is.
    func extend(to deadline: UInt64) { deadlineMilliseconds.store(deadline, ordering: .relaxed) }

    var current: Phase { Phase(rawValue: phase.load(ordering: .acquiring))! }
    var deadline: UInt64 { deadlineMilliseconds.load(ordering: .relaxed) }

    /// Whether bytes have come in since the connection became idle. libmicrohttpd does not tell when a next request begins, the
    /// kernel does.
    func hasBegunAgain() -> Bool {
        let received = cinelog_tcp_bytes_received(descriptor)
        let before = idleBytes.load(ordering: .relaxed)
        if before < 0 { idleBytes.store(received, ordering: .relaxed) }
        return before >= 0 && received > before
    }
}

/// All open connections, and the thread that ends those that take too long. A descriptor is only touched under the lock, and
/// leaves the list under it before it is closed: it cannot be another connection's by then.
final class ConnectionRegistry: Sendable {
    private struct State {
        var connections: [HTTPConnection] = []
        var stopped = false
    }

    private let state = Condition(State())
    private let options: HTTPServerOptions
    private let draining = Atomic<Bool>(false)
    private static let sweepMilliseconds = 100

    init(_ options: HTTPServerOptions) { self.options = options }

    func add(descriptor: Int32, _ bell: LoopBell) -> HTTPConnection {
        let deadline = Clock.monotonicMilliseconds() + UInt64(options.requestMilliseconds)
        let connection = HTTPConnection(descriptor: descriptor, deadline: deadline, bell)
        state.withLock {
            connection.place = $0.connections.count
            $0.connections.append(connection)
        }
        return connection
    }

    func remove(_ connection: HTTPConnection) {
        state.withLock {
            let last = $0.connections.removeLast()
            if last !== connection {
                $0.connections[connection.place] = last
                last.place = connection.place
            }
        }
    }

    var count: Int { state.withLock { $0.connections.count } }

    // MARK: Sweeping

    func startSweeping() -> Thread {
        Thread("http deadlines") { [self] in
            while !state.wait(atMost: ConnectionRegistry.sweepMilliseconds, until: { $0.stopped }, then: { $0.stopped })
            {
                sweep()
            }
        }
    }

    func stopSweeping() {
        state.withLock { $0.stopped = true }
        state.broadcast()
    }

    /// From here on idle connections are ended, also those that become idle later.
    func drain() {
        draining.store(true, ordering: .relaxed)
        sweep()
    }

    /// Answers every request that still waits for its handler.
    func answerWaiting(_ response: HTTPResponse) {
        let waiting = state.withLock { $0.connections.compactMap { $0.exchange.withLock { $0 } } }
        for exchange in waiting {
            exchange.answer(response)
            exchange.abortStream()
        }
    }

    var hasWaiting: Bool { state.withLock { $0.connections.contains { $0.current == .waiting } } }

    private func sweep() {
        let now = Clock.monotonicMilliseconds()
        var late: [HTTPExchange] = []
        state.withLock { state in
            for connection in state.connections {
                if connection.current == .idle { sweepIdle(connection, now) }
                guard connection.deadline <= now else { continue }
                if let exchange = expire(connection) { late.append(exchange) }
            }
        }
        // Outside the lock: answering resumes the connection.
        for exchange in late { exchange.answer(options.fault(.overloaded)) }
    }

    private func sweepIdle(_ connection: HTTPConnection, _ now: UInt64) {
        if draining.load(ordering: .relaxed) {
            // What has arrived is still read and answered.
            shutdown(connection.descriptor, Int32(SHUT_RD))
        } else if connection.hasBegunAgain() {
            connection.enter(.receiving, deadline: now + UInt64(options.requestMilliseconds))
        }
    }

    /// Ends what is late; answers the exchange that must be answered for its handler.
    private func expire(_ connection: HTTPConnection) -> HTTPExchange? {
        switch connection.current {
        case .waiting:
            connection.extend(to: .max)
            return connection.exchange.withLock { $0 }
        case .receiving:
            // Nothing of an answer has been sent yet, so the server's own can go out as it is.
            let answer = RawAnswer.bytes(options.fault(.tooSlow))
            _ = send(connection.descriptor, answer, answer.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            shutdown(connection.descriptor, Int32(SHUT_RDWR))
        case .sending, .idle: shutdown(connection.descriptor, Int32(SHUT_RDWR))
        }
        connection.extend(to: .max)
        return nil
    }
}

/// An answer written without libmicrohttpd, which offers no way to answer before a request is whole.
enum RawAnswer {
    static func bytes(_ response: HTTPResponse) -> [UInt8] {
        var body: [UInt8] = []
        if case .buffer(let buffer) = response.body { body = Array(buffer.bytes) }
        var head = "HTTP/1.1 \(response.status.code) \(response.status.reason)\r\nConnection: close\r\n"
        for (name, value) in response.headers { head += "\(name): \(value)\r\n" }
        return Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
    }
}
