import Events
import HTTPServer
import Platform

/// Who may send: decided when a request's head is there, before its body is read.
struct Admission: Sendable {
    let origins: Origins
    let tokens: TokenVerifier?
    let keys: WriteKeys?
    let anonymousEvents: Bool

    /// What is known of an admitted request.
    final class Ticket: Sendable {
        let userID: UUID?
        let media: MediaType
        init(userID: UUID?, media: MediaType) {
            self.userID = userID
            self.media = media
        }
    }

    /// Refuses, or puts the ticket into `exchange.context`.
    func admit(_ exchange: HTTPExchange, media allowed: [MediaType], named: String) throws(ClientError) {
        let standing = origins.standing(exchange)
        if standing == .refused { throw .originNotAllowed }
        try checkKey(exchange)
        let user = try user(exchange, standing)
        guard let media = MediaType(exchange), allowed.contains(media) else {
            throw .unsupportedMediaType(expected: named)
        }
        exchange.context = Ticket(userID: user, media: media)
    }

    /// As `admit`, for a request without a body.
    func admitPixel(_ exchange: HTTPExchange) throws(ClientError) -> UUID? {
        try checkKey(exchange)
        return try user(exchange, origins.standing(exchange))
    }

    private func checkKey(_ exchange: HTTPExchange) throws(ClientError) {
        guard let keys else { return }
        guard var key = exchange.writeKey,
            key.withUTF8({ keys.allows(UnsafeRawBufferPointer($0)) })
        else { throw .keyNotAllowed }
    }

    private func user(_ exchange: HTTPExchange, _ standing: Origins.Standing) throws(ClientError) -> UUID? {
        guard let tokens else { return nil }
        guard var token = token(exchange, standing) else {
            if anonymousEvents { return nil }
            throw .noToken
        }
        let nowSeconds = Clock.unixMilliseconds() / 1000
        let identity = token.withUTF8 { bytes in
            Result { () throws(TokenError) in
                try tokens.verify(UnsafeRawBufferPointer(bytes), nowSeconds: nowSeconds)
            }
        }
        switch identity {
        case .success(let identity): return identity.userID
        case .failure(let error): throw .badToken(error.message)
        }
    }

    private func token(_ exchange: HTTPExchange, _ standing: Origins.Standing) -> String? {
        if let header = exchange.header("Authorization"), header.lowercased().hasPrefix("bearer ") {
            return String(header.dropFirst(7))
        }
        guard Origins.trustsCookies(standing) else { return nil }
        return exchange.cookie("access_token_cookie")
    }
}

extension HTTPExchange {
    /// The write key that the request brings, right or wrong.
    var writeKey: String? { header("X-Write-Key") ?? query("key") }
}
