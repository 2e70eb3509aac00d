import Glibc
public import Platform

/// An HTTP/1.1 server over libmicrohttpd: strict about framing, with a deadline for everything, bounded in memory.
///
/// Memory: a connection holds at most its pool (24 KiB by default, of which only touched pages are resident); bodies are
/// bounded together by `bodyBytesInFlightMax`.
public final class HTTPServer: Sendable {
    private let core: ServerCore
    private let loops: [ServerLoop]
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
        core = ServerCore(options, routes)
        let socket = try ListeningSocket.open(options.address)
        defer { close(socket.descriptor) }
        if let bytes = options.sendBufferBytes { ListeningSocket.bound(socket.descriptor, sendBufferBytes: bytes) }
        loops = try HTTPServer.loops(core, socket.descriptor)
        port = socket.port
        sweeper = core.registry.startSweeping()
        logger.debug("listening", ["address": "\(options.address)", "threads": "\(options.threads)"])
    }

    private static func loops(_ core: ServerCore, _ listener: Int32) throws(HTTPServerError) -> [ServerLoop] {
        let count = max(1, core.options.threads)
        var loops: [ServerLoop] = []
        do {
            for _ in 0..<count {
                // A descriptor each for the one socket: a daemon closes its own.
                loops.append(
                    try ServerLoop(
                        core, listener: fcntl(listener, F_DUPFD_CLOEXEC, 0),
                        connectionsMax: max(1, core.options.connectionsMax / count)))
            }
            return loops
        } catch {
            for loop in loops { loop.stop() }
            throw error
        }
    }

    deinit { stop() }

    public var connectionCount: Int { core.registry.count }
    /// Connections that were closed at once, as their client had as many as it may.
    public var refusedConnections: Int { core.registry.clients?.refused ?? 0 }
    public var bodyBytesInFlight: Int { core.bodyBytesInFlight }
    package var isDraining: Bool { core.isDraining }

    /// Stops accepting, answers what has been begun, closes idle connections; returns when none is left or the time is
    /// over. No request that was read whole stays without an answer.
    public func drain(milliseconds: Int) {
        let first = life.withLock { life in
            defer { if life == .running { life = .drained } }
            return life == .running
        }
        guard first else { return }
        let deadline = Clock.monotonicMilliseconds() + UInt64(milliseconds)
        core.drain(graceMilliseconds: min(HTTPServer.drainGraceMilliseconds, milliseconds / 4))
        for loop in loops { loop.quiesce() }
        for loop in loops { loop.awaitQuiesced(until: deadline) }
        core.registry.awaitEmpty(until: deadline)
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
