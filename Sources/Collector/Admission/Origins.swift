import HTTPServer

/// Which pages may send events (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).
struct Origins: Sendable {
    private let exact: Set<String>
    private let any: Bool

    init(_ origins: [String]) {
        any = origins.contains("*")
        exact = Set(origins.filter { $0 != "*" })
    }

    enum Standing { case none, sameOrigin, listed, tolerated, refused }

    /// Where a request comes from. Without an Origin header it is no cross-origin request of a browser's.
    func standing(_ exchange: HTTPExchange) -> Standing {
        guard let origin = exchange.header("Origin") else { return .none }
        if exact.contains(origin) { return .listed }
        if let host = exchange.header("Host"), origin.hasSuffix("://" + host) { return .sameOrigin }
        return any ? .tolerated : .refused
    }

    /// A cookie proves who sends only when the page is one of ours: any page can make a browser send it along.
    static func trustsCookies(_ standing: Standing) -> Bool { standing != .tolerated && standing != .refused }

    func decorate(_ exchange: HTTPExchange, _ response: inout HTTPResponse) {
        switch standing(exchange) {
        case .listed:
            response.headers.append(("Access-Control-Allow-Origin", exchange.header("Origin") ?? ""))
            response.headers.append(("Access-Control-Allow-Credentials", "true"))
            response.headers.append(("Vary", "Origin"))
        case .tolerated: response.headers.append(("Access-Control-Allow-Origin", "*"))
        case .none, .sameOrigin, .refused: return
        }
        response.headers.append(("Access-Control-Expose-Headers", "Retry-After"))
    }

    func preflight(_ exchange: HTTPExchange, methods: String) -> HTTPResponse {
        guard standing(exchange) != .refused else { return ClientError.originNotAllowed.response }
        var response = HTTPResponse(.noContent)
        response.headers.append(("Access-Control-Allow-Methods", methods))
        response.headers.append(
            ("Access-Control-Allow-Headers", "Content-Type, Content-Encoding, Authorization, X-Write-Key"))
        response.headers.append(("Access-Control-Max-Age", "86400"))
        return response
    }
}
