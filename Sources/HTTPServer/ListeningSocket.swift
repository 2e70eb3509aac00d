import CMicroHTTPD
import Glibc

/// A listening socket of our own making, so that a failure names the address.
enum ListeningSocket {
    static let backlog: Int32 = 1024

    static func open(_ address: HTTPAddress) throws(HTTPServerError) -> (descriptor: Int32, port: Int) {
        switch address {
        case .tcp(let host, let port): try tcp(host, port)
        case .unix(let path): (try unix(path), 0)
        }
    }

    /// For all connections that come in by it: they inherit it. (The kernel reserves twice as much, for its own records.)
    static func bound(_ descriptor: Int32, sendBufferBytes: Int) {
        var bytes = Int32(clamping: sendBufferBytes)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func tcp(_ host: String, _ port: Int) throws(HTTPServerError) -> (descriptor: Int32, port: Int) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &found)
        guard code == 0, let info = found else {
            throw HTTPServerError("\(host) is no address: \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        let descriptor = try make(info.pointee.ai_family)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        try bindAndListen(descriptor, info.pointee.ai_addr, info.pointee.ai_addrlen, "\(host):\(port)")
        return (descriptor, boundPort(descriptor))
    }

    private static func unix(_ path: String) throws(HTTPServerError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room -> Bool in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { throw HTTPServerError("\(path) is too long for a socket's path: use a shorter DATA_DIR") }
        try removeStale(path, address)
        let descriptor = try make(AF_UNIX)
        // Before there is a file: nobody else can open it at any time.
        fchmod(descriptor, 0o600)
        try withUnsafePointer(to: &address) { pointer throws(HTTPServerError) in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address throws(HTTPServerError) in
                try bindAndListen(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size), path)
            }
        }
        return descriptor
    }

    /// Removes what an earlier process left behind; throws where somebody listens there, or it is no socket.
    private static func removeStale(_ path: String, _ address: sockaddr_un) throws(HTTPServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw HTTPServerError("cannot listen on \(path): there is a file that is no socket")
        }
        let probe = try make(AF_UNIX)
        defer { close(probe) }
        let code = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if code == 0 || errno == EAGAIN { throw HTTPServerError("cannot listen on \(path): another process does") }
        unlink(path)
    }

    private static func make(_ family: Int32) throws(HTTPServerError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw HTTPServerError("no socket: \(String(cString: strerror(errno)))") }
        return descriptor
    }

    private static func bindAndListen(
        _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t, _ name: String
    ) throws(HTTPServerError) {
        guard bind(descriptor, address, length) == 0, listen(descriptor, backlog) == 0 else {
            let why = String(cString: strerror(errno))
            close(descriptor)
            throw HTTPServerError("cannot listen on \(name): \(why)")
        }
    }

    private static func boundPort(_ descriptor: Int32) -> Int {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
            // The port stands at the same place for IPv4 and IPv6.
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                Int(UInt16(bigEndian: $0.pointee.sin_port))
            }
        }
    }
}
