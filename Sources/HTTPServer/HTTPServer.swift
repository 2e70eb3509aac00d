import CMicroHTTPD
import Glibc
public import Platform

/// An HTTP/1.1 server over libmicrohttpd: strict about framing, with a deadline for everything, bounded in memory.
///
/// Memory: a connection holds at most its pool (`connectionBytesMax`, of which only touched pages are resident); bodies
/// are bounded together by `bodyBytesInFlightMax`.
public final class HTTPServer: @unchecked Sendable {
    // `@unchecked Sendable`: the daemon's pointer is set once; libmicrohttpd's functions on it are thread-safe.
    private let core: ServerCore
    private let daemon: OpaquePointer
    private let listener: Int32
    private let sweeper: Thread
    private let state = Condition(Life.running)
    /// Where the server listens (for `.tcp`).
    public let port: Int

    private enum Life { case running, drained, stopped }

    /// The response's head and libmicrohttpd's own records, beside the request's head.
    private static let poolBytesBesideHead = 16_384
    /// How long idle connections may still bring a request when the server drains.
    private static let drainGraceMilliseconds = 300
    /// How long `stop` lets the last answers go out.
    private static let lastAnswersMilliseconds: UInt64 = 1_000

    /// Listens at once.
    public init(options: HTTPServerOptions, routes: [HTTPRoute], logger: Logger) throws(HTTPServerError) {
        core = ServerCore(options, routes)
        (listener, port) = try ListeningSocket.open(options.address)
        let flags = MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
        let context = Unmanaged.passUnretained(core).toOpaque()
        let items = HTTPServer.items(options, listener, context)
        guard let daemon = cinelog_mhd_start(flags, Callbacks.access, context, items) else {
            close(listener)
            throw HTTPServerError("the HTTP server cannot start: \(String(cString: strerror(errno)))")
        }
        self.daemon = daemon
        sweeper = core.registry.startSweeping()
        logger.debug("listening", ["address": "\(options.address)", "threads": "\(options.threads)"])
    }

    deinit { stop() }

    public var connectionCount: Int { core.registry.count }
    public var bodyBytesInFlight: Int { core.bodyBytesInFlight }

    /// Stops accepting, answers what has been begun, closes idle connections; returns when none is left or the time is
    /// over. No request that was read whole stays without an answer.
    public func drain(milliseconds: Int) {
        let first = state.withLock { state in
            defer { if state == .running { state = .drained } }
            return state == .running
        }
        guard first else { return }
        MHD_quiesce_daemon(daemon)
        // From here on the kernel makes no more connections.
        listen(listener, 0)
        takeWaitingConnections()
        close(listener)
        core.drain(graceMilliseconds: min(HTTPServer.drainGraceMilliseconds, milliseconds / 4))
        _ = core.registry.awaitEmpty(atMost: milliseconds)
    }

    /// Connections that the kernel has made and nobody has accepted: their requests may have been sent whole.
    private func takeWaitingConnections() {
        var address = sockaddr()
        for _ in 0..<ListeningSocket.backlog {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            core.registry.handOver(descriptor)
            if MHD_add_connection(daemon, descriptor, &address, socklen_t(MemoryLayout<sockaddr>.size)) != .YES {
                core.registry.handedOver(descriptor)
            }
        }
    }

    /// Ends every connection; a request that still waits is answered `fault(.shuttingDown)`.
    public func stop() {
        drain(milliseconds: 0)
        let first = state.withLock { state in
            defer { state = .stopped }
            return state != .stopped
        }
        guard first else { return }
        core.wakeAll()
        let deadline = Clock.monotonicMilliseconds() + HTTPServer.lastAnswersMilliseconds
        while core.registry.isAnswering, Clock.monotonicMilliseconds() < deadline { usleep(1_000) }
        MHD_stop_daemon(daemon)
        core.registry.stopSweeping()
        sweeper.join()
    }

    private static func items(_ options: HTTPServerOptions, _ listener: Int32, _ context: UnsafeMutableRawPointer)
        -> [MHD_OptionItem]
    {
        func number(_ option: MHD_OPTION, _ value: Int) -> MHD_OptionItem {
            MHD_OptionItem(option: option, value: value, ptr_value: nil)
        }
        func callback(_ option: MHD_OPTION, _ function: UnsafeRawPointer) -> MHD_OptionItem {
            MHD_OptionItem(option: option, value: Int(bitPattern: function), ptr_value: context)
        }
        var items = [
            number(.LISTEN_SOCKET, Int(listener)),
            number(.CONNECTION_LIMIT, options.connectionsMax),
            number(.CONNECTION_MEMORY_LIMIT, options.headerBytesMax + poolBytesBesideHead),
            callback(.NOTIFY_CONNECTION, unsafeBitCast(Callbacks.connection, to: UnsafeRawPointer.self)),
            callback(.URI_LOG_CALLBACK, unsafeBitCast(Callbacks.requestLine, to: UnsafeRawPointer.self)),
            callback(.NOTIFY_COMPLETED, unsafeBitCast(Callbacks.completed, to: UnsafeRawPointer.self)),
        ]
        if options.threads > 1 { items.append(number(.THREAD_POOL_SIZE, options.threads)) }
        items.append(number(.END, 0))
        return items
    }
}
