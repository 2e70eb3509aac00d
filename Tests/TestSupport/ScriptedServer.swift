import Glibc
import Platform

/// A request as it came over the wire.
public struct ScriptedRequest: Sendable {
    /// The first line, for example `POST /v1/events HTTP/1.1`.
    public let line: String
    /// The header lines, names in lower case.
    public let headers: [String: String]
    public let body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// What the server does with a request.
public enum ScriptedAnswer: Sendable {
    /// Sends these bytes and keeps the connection open.
    case send(String)
    /// Sends these bytes and closes the connection.
    case sendAndClose(String)
    /// Never answers; the connection stays open until `stop`.
    case silence

    /// A well-formed answer.
    public static func answer(_ status: Int, headers: [String] = [], _ body: String = "") -> ScriptedAnswer {
        let lines = ["HTTP/1.1 \(status) Scripted", "Content-Length: \(body.utf8.count)"] + headers
        return .send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }
}

/// A real HTTP server over POSIX sockets for tests of clients: one thread a connection, answers as the test says.
///
/// Its sockets close on exec: in a process that another test starts they would stay open after they are closed here.
public final class ScriptedServer: Sendable {
    private struct State {
        var connections: [Int32] = []
        var connectionCount = 0
        var requests: [ScriptedRequest] = []
        var stopped = false
    }

    public let port: UInt16
    private let listener: Int32
    private let state: Condition<State>

    /// Listens on a free port of 127.0.0.1, or on a Unix socket.
    public init(
        unixSocket: String? = nil, port: UInt16 = 0,
        _ answer: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer
    ) {
        let state = Condition(State())
        let listener = unixSocket.map(ScriptedServer.listen(unixSocket:)) ?? ScriptedServer.listen(port: port)
        self.state = state
        self.listener = listener
        self.port = unixSocket == nil ? ScriptedServer.port(of: listener) : 0
        _ = Thread("scripted") { ScriptedServer.acceptAll(listener, state, answer) }
    }

    deinit { stop() }

    public var url: String { "http://127.0.0.1:\(port)" }
    public var connectionCount: Int { state.withLock { $0.connectionCount } }
    public var requests: [ScriptedRequest] { state.withLock { $0.requests } }

    /// Closes the listening socket and every connection.
    public func stop() {
        state.withLock { state in
            guard !state.stopped else { return }
            state.stopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private static func acceptAll(
        _ listener: Int32, _ state: Condition<State>,
        _ answer: @escaping @Sendable (ScriptedRequest) -> ScriptedAnswer
    ) {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            let stopped = state.withLock { state in
                state.connections.append(connection)
                state.connectionCount += 1
                return state.stopped
            }
            guard !stopped else { break }
            _ = Thread("connection") { serve(connection, state, answer) }
        }
        close(listener)
    }

    private static func serve(
        _ connection: Int32, _ state: Condition<State>, _ answer: @Sendable (ScriptedRequest) -> ScriptedAnswer
    ) {
        var reader = RequestReader(connection)
        var open = true
        while open, let request = reader.next() {
            state.withLock { $0.requests.append(request) }
            switch answer(request) {
            case .send(let text): send(text, connection)
            case .sendAndClose(let text):
                send(text, connection)
                open = false
            case .silence: state.wait(until: { $0.stopped }) { _ in }
            }
        }
        state.withLock { $0.connections.removeAll { $0 == connection } }
        close(connection)
    }

    private static func send(_ text: String, _ connection: Int32) { sendAll(Array(text.utf8), to: connection) }
}

extension ScriptedServer {
    private static func listen(port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(code == 0 && Glibc.listen(descriptor, 64) == 0, "cannot listen")
        return descriptor
    }

    private static func listen(unixSocket path: String) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        precondition(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path), "the path is too long")
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        unlink(path)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(code == 0 && Glibc.listen(descriptor, 64) == 0, "cannot listen")
        return descriptor
    }

    private static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        precondition(code == 0, "no socket name")
        return UInt16(bigEndian: address.sin_port)
    }
}

/// Sends on a socket until all is sent, or until no more is taken.
public func sendAll(_ bytes: [UInt8], to descriptor: Int32) {
    var sent = 0
    while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return }
        sent += count
    }
}
