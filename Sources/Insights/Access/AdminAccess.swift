import Glibc
import HTTPServer

/// Who may read: the bearer of ADMIN_TOKEN where one is set; else whoever can reach the loopback address by its own name.
struct AdminAccess: Sendable {
    let token: String?

    /// The refusal, or nil.
    func admit(_ exchange: HTTPExchange) -> HTTPResponse? {
        if let token {
            guard let given = bearer(exchange), constantTimeEqual(given.utf8, token.utf8) else {
                return AdminError.noToken.response
            }
            return nil
        }
        // A page anywhere may make a browser call 127.0.0.1 under a name of its own (DNS rebinding): such a request has
        // another Host, or an Origin that is not ours.
        guard isLocalName(exchange.header("Host")), isOwnOrigin(exchange) else {
            return AdminError.foreignPage.response
        }
        return nil
    }

    private func bearer(_ exchange: HTTPExchange) -> String? {
        guard let header = exchange.header("Authorization"), header.lowercased().hasPrefix("bearer ") else {
            return nil
        }
        return String(header.dropFirst(7))
    }

    private func isLocalName(_ host: String?) -> Bool {
        guard let host else { return true }
        if host == "[::1]" || host.hasPrefix("[::1]:") { return true }
        let name = String(host.prefix { $0 != ":" })
        return name.lowercased() == "localhost" || isLoopbackAddress(name)
    }

    /// 127.0.0.0/8 as an address: 127.0.0.1.example.com is a name, and anybody's.
    private func isLoopbackAddress(_ text: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
    }

    private func isOwnOrigin(_ exchange: HTTPExchange) -> Bool {
        guard let origin = exchange.header("Origin") else { return true }
        return exchange.header("Host").map { origin == "http://" + $0 || origin == "https://" + $0 } ?? false
    }
}
