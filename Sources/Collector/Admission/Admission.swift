import Events
import HTTPServer
import Platform

/// Who may send: decided when a request's head is there, before its body is read.
struct Admission: Sendable {
    let origins: Origins
    let tokens: TokenVerifier?
    let keys: WriteKeys?
    let anonymousEvents: Bool
    /// Nil: nobody sends too much.
    let limits: RateLimits?

    /// What is known of an admitted request.
    final class Ticket: Sendable {
        let userID: UUID?
        let media: MediaType
        let senders: Senders
        init(userID: UUID?, media: MediaType, senders: Senders) {
            self.userID = userID
            self.media = media
            self.senders = senders
        }
    }

    /// Refuses, or puts the ticket into `exchange.context`.
    func admit(_ exchange: HTTPExchange, media allowed: [MediaType], named: String) throws(ClientError) {
        var senders = Senders()
        try limits?.admitAddress(exchange, &senders)
        let standing = origins.standing(exchange)
        if standing == .refused { throw .originNotAllowed }
        try checkKey(exchange, &senders)
        let user = try user(exchange, standing, &senders)
        guard let media = MediaType(exchange), allowed.contains(media) else {
            throw .unsupportedMediaType(expected: named)
        }
        exchange.context = Ticket(userID: user, media: media, senders: senders)
    }

    /// As `admit`, for a request without a body.
    func admitPixel(_ exchange: HTTPExchange) throws(ClientError) -> UUID? {
        var senders = Senders()
        try limits?.admitAddress(exchange, &senders)
        try checkKey(exchange, &senders)
        return try user(exchange, origins.standing(exchange), &senders)
    }

    private func checkKey(_ exchange: HTTPExchange, _ senders: inout Senders) throws(ClientError) {
        guard let keys else { return }
        guard var key = exchange.writeKey,
            let number = key.withUTF8({ keys.number(of: UnsafeRawBufferPointer($0)) })
        else { throw .keyNotAllowed }
        try limits?.admitKey(number, &senders)
    }

    private func user(_ exchange: HTTPExchange, _ standing: Origins.Standing, _ senders: inout Senders)
        throws(ClientError) -> UUID?
    {
        guard let user = try verifiedUser(exchange, standing) else { return nil }
        try limits?.admitUser(user, &senders)
        return user
    }

    private func verifiedUser(_ exchange: HTTPExchange, _ standing: Origins.Standing) throws(ClientError) -> UUID? {
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
