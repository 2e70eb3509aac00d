import CMicroHTTPD
import Glibc

/// libmicrohttpd's way in: C functions that find the Swift object and call it.
///
/// Ownership: a connection's `HTTPConnection` is retained from its opening to its closing, an `HTTPExchange` from its
/// head to its completion.
enum Callbacks {
    /// Asked before a connection is taken: otherwise it is closed at once.
    static let policy: MHD_AcceptPolicyCallback = { context, address, _ in
        let core = Unmanaged<LoopBell>.fromOpaque(context!).takeUnretainedValue().core
        guard let clients = core.registry.clients else { return .YES }
        return clients.mayConnect(NetworkAddress(address)) ? .YES : .NO
    }

    static let connection: MHD_NotifyConnectionCallback = { context, connection, slot, what in
        let bell = Unmanaged<LoopBell>.fromOpaque(context!).takeUnretainedValue()
        if what == .CONNECTION_NOTIFY_STARTED {
            let made = bell.core.registry.add(
                descriptor: cinelog_mhd_descriptor(connection!), from: cinelog_mhd_client_address(connection!), bell)
            slot!.pointee = Unmanaged.passRetained(made).toOpaque()
        } else if let raw = slot!.pointee {
            bell.core.registry.remove(Unmanaged<HTTPConnection>.fromOpaque(raw).takeRetainedValue())
            slot!.pointee = nil
        }
    }

    /// Called when the request line is there: from here on the request's time runs.
    static let requestLine:
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
            context, target, connection in
            let core = Unmanaged<LoopBell>.fromOpaque(context!).takeUnretainedValue().core
            if let owner = Callbacks.owner(connection!) { core.begin(owner, target: target) }
            return nil
        }

    static let access: MHD_AccessHandlerCallback = {
        context, connection, url, method, version, upload, uploadCount, slot in
        let core = Unmanaged<LoopBell>.fromOpaque(context!).takeUnretainedValue().core
        if let raw = slot!.pointee {
            let exchange = Unmanaged<HTTPExchange>.fromOpaque(raw).takeUnretainedValue()
            return core.step(exchange, upload: upload, uploadCount!)
        }
        guard let owner = Callbacks.owner(connection!), owner.phase != .expired else { return .NO }
        let line = RequestLine(method: method!, path: url!, version: version!)
        let exchange = HTTPExchange(core, connection!, owner, line)
        slot!.pointee = Unmanaged.passRetained(exchange).toOpaque()
        return core.head(exchange, line)
    }

    static let completed: MHD_RequestCompletedCallback = { context, connection, slot, _ in
        guard let raw = slot!.pointee else { return }
        let core = Unmanaged<LoopBell>.fromOpaque(context!).takeUnretainedValue().core
        slot!.pointee = nil
        core.end(Unmanaged<HTTPExchange>.fromOpaque(raw).takeRetainedValue())
    }

    private static func owner(_ connection: OpaquePointer) -> HTTPConnection? {
        cinelog_mhd_socket_context(connection).map { Unmanaged<HTTPConnection>.fromOpaque($0).takeUnretainedValue() }
    }
}
