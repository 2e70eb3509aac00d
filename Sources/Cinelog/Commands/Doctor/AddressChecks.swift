import Events
import Glibc
import HTTPClient
import HTTPServer

/// Are the addresses free, or held by a running Cinelog?
enum AddressChecks {
    private static let timeoutMilliseconds = 2_000

    static func run(_ settings: Settings) -> [Check] {
        [
            look(settings[Declared.ingestListen], "INGEST_LISTEN", adminToken: nil),
            look(settings[Declared.adminListen], "ADMIN_LISTEN", adminToken: settings[Declared.adminToken]),
        ]
    }

    private static func look(_ address: HTTPAddress, _ name: String, adminToken: String?) -> Check {
        guard case .tcp(let host, let port) = address else { return .ok(name, "a socket's path") }
        let subject = "\(name) \(host):\(port)"
        guard port > 0 else { return .ok(subject, "the system picks a port at each start") }
        switch bind(host, port) {
        case .free: return .ok(subject, "free: no Cinelog runs there")
        case .taken: return holder(address, subject, adminToken)
        case .cannot(let why):
            return .failed(
                subject, why, do: "set an address of this machine, and a port that this user may have (1024 and above)")
        }
    }

    /// Only Cinelog answers /healthz with these words.
    private static func holder(_ address: HTTPAddress, _ subject: String, _ token: String?) -> Check {
        let client = HTTPClient(timeoutMilliseconds: timeoutMilliseconds)
        let headers = token.map { [("Authorization", "Bearer " + $0)] } ?? []
        let answer = try? client.request("GET", (address.fixedURL ?? "") + "/healthz", headers: headers)
        guard let answer, answer.status == 200, answer.body.string == "{\"status\":\"ok\"}" else {
            return .failed(
                subject, "another program holds it",
                do: "stop that program (ss -ltnp tells which), or set another address"
            )
        }
        return .ok(subject, "a running Cinelog answers")
    }

    private enum Binding {
        case free
        case taken
        case cannot(String)
    }

    /// As a start would, but without listening: nobody's connection comes here.
    private static func bind(_ host: String, _ port: Int) -> Binding {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &found)
        guard code == 0, let info = found?.pointee else { return .cannot(String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(found) }
        let descriptor = socket(info.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .cannot(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if Glibc.bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 { return .free }
        return errno == EADDRINUSE ? .taken : .cannot(String(cString: strerror(errno)))
    }
}
