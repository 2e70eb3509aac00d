import CMicroHTTPD
import Glibc
import Platform
import Synchronization

/// One libmicrohttpd daemon and the thread that runs it.
///
/// The loop is ours, as libmicrohttpd 0.9.75's own one has a fault: when epoll_wait brings exactly 128 events it waits
/// again, for as long as the timeout lasts, before it serves them. 128 connections in step then hang for a minute.
///
/// `@unchecked Sendable`: the daemon's pointer is set once, its functions used from outside are thread-safe.
final class ServerLoop: @unchecked Sendable {
    private enum Order: Int { case run, quiesce, stop }

    /// A bound on waiting: nothing depends on it, as everything that happens wakes the loop.
    private static let waitMillisecondsMax: UInt64 = 1_000
    /// The same while answers are awaited.
    private static let awaitingMilliseconds: UInt64 = 1

    private let daemon: OpaquePointer
    private let orders = Atomic<Int>(Order.run.rawValue)
    private let bell: LoopBell
    private let quiesced = Condition(false)
    private var thread: Thread?

    init(_ core: ServerCore, listener: Int32, connectionsMax: Int) throws(HTTPServerError) {
        let flags = MHD_USE_EPOLL.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
        let bell = LoopBell(core)
        let context = Unmanaged.passUnretained(bell).toOpaque()
        let items = ServerLoop.items(core.options, listener, connectionsMax, context)
        guard let daemon = cinelog_mhd_start(flags, Callbacks.policy, Callbacks.access, context, items) else {
            throw HTTPServerError("the HTTP server cannot start: \(String(cString: strerror(errno)))")
        }
        self.daemon = daemon
        self.bell = bell
        thread = Thread("http") { [self] in run() }
    }

    /// Takes what has connected so far, and no new connection from then on.
    func quiesce() { order(.quiesce) }

    /// Waits until it is so, or until a moment of the monotonic clock.
    func awaitQuiesced(until deadline: UInt64) {
        let now = Clock.monotonicMilliseconds()
        quiesced.wait(atMost: deadline > now ? Int(deadline - now) : 0, until: { $0 }) { _ in }
    }

    /// Ends the thread, then every connection. None may be suspended.
    func stop() {
        order(.stop)
        thread?.join()
        thread = nil
        MHD_stop_daemon(daemon)
    }

    private func order(_ order: Order) {
        orders.store(order.rawValue, ordering: .releasing)
        bell.ring()
    }

    private func run() {
        var isQuiesced = false
        let epoll = cinelog_mhd_epoll_descriptor(daemon)
        while true {
            rest(epoll)
            let order = orders.load(ordering: .acquiring)
            if order == Order.stop.rawValue { return }
            if order == Order.quiesce.rawValue, !isQuiesced {
                isQuiesced = true
                takeLastConnections()
            }
            bell.turn.moved = false
            bell.turn.begunAt = Clock.monotonicMilliseconds()
            MHD_run(daemon)
        }
    }

    /// Connections that the kernel has made and nobody has accepted: their requests may have been sent whole.
    private func takeLastConnections() {
        let listener = MHD_quiesce_daemon(daemon)
        // From here on the kernel makes no more.
        listen(listener, 0)
        var address = sockaddr()
        for _ in 0..<ListeningSocket.backlog {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            MHD_add_connection(daemon, descriptor, &address, socklen_t(MemoryLayout<sockaddr>.size))
        }
        close(listener)
        quiesced.withLock { $0 = true }
        quiesced.broadcast()
    }

    /// Until something happens; not at all where libmicrohttpd has something to do.
    private func rest(_ epoll: Int32) {
        let milliseconds = dueMilliseconds
        if milliseconds == 0 { return bell.hear() }
        bell.sleep { wait(epoll, milliseconds) }
    }

    /// While answers are awaited, libmicrohttpd always claims to have something to do: to ask for them. A turn in which nothing moved
    /// shows that it was only that. It may have been more (a head that is read in several pieces is told of at its end), so the
    /// pause is short.
    private var dueMilliseconds: UInt64 {
        var due: UInt64 = 0
        guard MHD_get_timeout(daemon, &due) == .YES else { return ServerLoop.waitMillisecondsMax }
        if due == 0, bell.turn.awaited > 0, !bell.turn.moved { return ServerLoop.awaitingMilliseconds }
        return min(due, ServerLoop.waitMillisecondsMax)
    }

    private func wait(_ epoll: Int32, _ milliseconds: UInt64) {
        var waited = (
            pollfd(fd: epoll, events: Int16(POLLIN), revents: 0),
            pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)
        )
        withUnsafeMutableBytes(of: &waited) {
            _ = poll($0.baseAddress!.assumingMemoryBound(to: pollfd.self), 2, Int32(milliseconds))
        }
        if waited.1.revents != 0 { bell.clear() }
    }

    /// The response's head and libmicrohttpd's own records, beside the request's head. No more than it takes: libmicrohttpd
    /// zeroes the pool after every request, and half of it once more, which is a tenth of the time that an event takes.
    private static let poolBytesBesideHead = 8_192

    private static func items(
        _ options: HTTPServerOptions, _ listener: Int32, _ connectionsMax: Int, _ context: UnsafeMutableRawPointer
    ) -> [MHD_OptionItem] {
        func number(_ option: MHD_OPTION, _ value: Int) -> MHD_OptionItem {
            MHD_OptionItem(option: option, value: value, ptr_value: nil)
        }
        func callback(_ option: MHD_OPTION, _ function: UnsafeRawPointer) -> MHD_OptionItem {
            MHD_OptionItem(option: option, value: Int(bitPattern: function), ptr_value: context)
        }
        return [
            number(.LISTEN_SOCKET, Int(listener)),
            number(.CONNECTION_LIMIT, connectionsMax),
            number(.CONNECTION_MEMORY_LIMIT, options.headerBytesMax + poolBytesBesideHead),
            callback(.NOTIFY_CONNECTION, unsafeBitCast(Callbacks.connection, to: UnsafeRawPointer.self)),
            callback(.URI_LOG_CALLBACK, unsafeBitCast(Callbacks.requestLine, to: UnsafeRawPointer.self)),
            callback(.NOTIFY_COMPLETED, unsafeBitCast(Callbacks.completed, to: UnsafeRawPointer.self)),
            number(.END, 0),
        ]
    }
}
