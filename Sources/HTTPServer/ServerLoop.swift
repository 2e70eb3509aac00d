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

    private let daemon: OpaquePointer
    private let core: ServerCore
    /// Accepted by somebody else, for this loop to serve.
    private let given = Mutex<[Int32]>([])
    private let orders = Atomic<Int>(Order.run.rawValue)
    private let bell: LoopBell
    private var thread: Thread?

    init(_ core: ServerCore, listener: Int32, connectionsMax: Int) throws(HTTPServerError) {
        let flags = MHD_USE_EPOLL.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
        let bell = LoopBell(core)
        let context = Unmanaged.passUnretained(bell).toOpaque()
        let items = ServerLoop.items(core.options, listener, connectionsMax, context)
        guard let daemon = cinelog_mhd_start(flags, Callbacks.access, context, items) else {
            throw HTTPServerError("the HTTP server cannot start: \(String(cString: strerror(errno)))")
        }
        self.daemon = daemon
        self.core = core
        self.bell = bell
        thread = Thread("http") { [self] in run() }
    }

    /// Serves a connection that was accepted elsewhere.
    func take(_ descriptor: Int32) {
        core.registry.handOver(descriptor)
        given.withLock { $0.append(descriptor) }
        bell.ring()
    }

    /// Takes no new connection from now on.
    func quiesce() { order(.quiesce) }

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
        var quiesced = false
        let epoll = cinelog_mhd_epoll_descriptor(daemon)
        while true {
            bell.sleep { wait(epoll) }
            takeGiven()
            let order = orders.load(ordering: .acquiring)
            if order == Order.stop.rawValue { return }
            if order == Order.quiesce.rawValue, !quiesced {
                quiesced = true
                close(MHD_quiesce_daemon(daemon))
            }
            MHD_run(daemon)
        }
    }

    private func takeGiven() {
        let descriptors = given.withLock { given in
            defer { given.removeAll() }
            return given
        }
        var address = sockaddr()
        for descriptor in descriptors {
            let size = socklen_t(MemoryLayout<sockaddr>.size)
            if MHD_add_connection(daemon, descriptor, &address, size) != .YES { core.registry.handedOver(descriptor) }
        }
    }

    private func wait(_ epoll: Int32) {
        var due: UInt64 = 0
        let hasTimeout = MHD_get_timeout(daemon, &due) == .YES
        let milliseconds = hasTimeout ? min(due, ServerLoop.waitMillisecondsMax) : ServerLoop.waitMillisecondsMax
        var waited = [
            pollfd(fd: epoll, events: Int16(POLLIN), revents: 0),
            pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        poll(&waited, 2, Int32(milliseconds))
        if waited[1].revents != 0 { bell.clear() }
    }

    /// The response's head and libmicrohttpd's own records, beside the request's head.
    private static let poolBytesBesideHead = 16_384

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
