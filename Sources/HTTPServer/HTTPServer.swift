import Glibc
public import Platform

/// An HTTP/1.1 server over libmicrohttpd: strict about framing, with a deadline for everything, bounded in memory.
///
/// Memory: a connection holds at most its pool (32 KiB by default, of which only touched pages are resident); bodies are
/// bounded together by `bodyBytesInFlightMax`.
public final class HTTPServer: Sendable {
    private let core: ServerCore
    private let loops: [ServerLoop]
    private let listener: Int32
    private let sweeper: Thread
    private let life = Condition(Life.running)
    /// Where the server listens (for `.tcp`).
    public let port: Int

    private enum Life { case running, drained, stopped }

    /// How long idle connections may still bring a request when the server drains.
    private static let drainGraceMilliseconds = 300
    /// How long `stop` lets the last answers go out.
    private static let lastAnswersMilliseconds: UInt64 = 1_000

    /// Listens at once.
    public init(options: HTTPServerOptions, routes: [HTTPRoute], logger: Logger) throws(HTTPServerError) {
        let core = ServerCore(options, routes)
        let socket = try ListeningSocket.open(options.address)
        var loops: [ServerLoop] = []
        for _ in 0..<options.threads {
            // A descriptor each for the one socket: a daemon closes its own.
            loops.append(
                try ServerLoop(
                    core, listener: fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0),
                    connectionsMax: max(1, options.connectionsMax / options.threads)))
        }
        self.core = core
        self.loops = loops
        listener = socket.descriptor
        port = socket.port
        sweeper = core.registry.startSweeping()
        logger.debug("listening", ["address": "\(options.address)", "threads": "\(options.threads)"])
    }

    deinit { stop() }

    public var connectionCount: Int { core.registry.count }
    public var bodyBytesInFlight: Int { core.bodyBytesInFlight }

    /// Stops accepting, answers what has been begun, closes idle connections; returns when none is left or the time is
    /// over. No request that was read whole stays without an answer.
    public func drain(milliseconds: Int) {
        let first = life.withLock { life in
            defer { if life == .running { life = .drained } }
            return life == .running
        }
        guard first else { return }
        // From here on the kernel makes no more connections.
        listen(listener, 0)
        takeWaitingConnections()
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for loop in loops { loop.quiesce() }
        core.drain(graceMilliseconds: min(HTTPServer.drainGraceMilliseconds, milliseconds / 4))
        _ = core.registry.awaitEmpty(atMost: milliseconds)
    }

    /// Connections that the kernel has made and nobody has accepted: their requests may have been sent whole.
    private func takeWaitingConnections() {
        for number in 0..<Int(ListeningSocket.backlog) {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            loops[number % loops.count].take(descriptor)
        }
    }

    /// Ends every connection; a request that still waits is answered `fault(.shuttingDown)`.
    public func stop() {
        drain(milliseconds: 0)
        let first = life.withLock { life in
            defer { life = .stopped }
            return life != .stopped
        }
        guard first else { return }
        core.wakeAll()
        let deadline = Clock.monotonicMilliseconds() + HTTPServer.lastAnswersMilliseconds
        while core.registry.isAnswering, Clock.monotonicMilliseconds() < deadline { usleep(1_000) }
        for loop in loops { loop.stop() }
        core.registry.stopSweeping()
        sweeper.join()
    }
}
