import Events
import Synchronization

/// Checks JSON Web Tokens (RFC 7519) that say which user sends events: RS256 and ES256, as RFC 8725 advises.
///
/// Safe to call from several threads at once.
public final class TokenVerifier: Sendable {
    /// A longer token is refused unread.
    public static let tokenBytesMax = 8192
    private static let depthMax = 16

    private let keys: [PublicKey]
    private let demands: TokenDemands
    private let verified = Mutex(VerifiedTokens())

    /// - Parameters:
    ///   - publicKeyPEM: one or several public keys, RSA or P-256, in one text; see `PublicKeyText`.
    ///   - issuer: what `iss` must be, where given.
    ///   - audience: what `aud` must be or hold, where given.
    ///   - leewaySeconds: how far the issuer's clock may differ from ours.
    public init(publicKeyPEM: String, issuer: String? = nil, audience: String? = nil, leewaySeconds: Int = 30)
        throws(TokenSettingError)
    {
        keys = try PublicKeyText.keys(publicKeyPEM)
        demands = TokenDemands(issuer: issuer, audience: audience, leewaySeconds: Double(leewaySeconds))
    }

    /// Whom `token` speaks for at `nowSeconds` (Unix time).
    public func verify(_ token: UnsafeRawBufferPointer, nowSeconds: Int64) throws(TokenError) -> Identity {
        guard token.count <= TokenVerifier.tokenBytesMax else { throw .tooLong }
        guard token.count > 0 else { throw .malformed }
        let hash = VerifiedTokens.hash(token)
        if let known = verified.withLock({ $0.claims(token, hash: hash) }) {
            return try current(known, hash, nowSeconds)
        }
        let claims = try verifyUncached(token)
        try claims.validity.check(nowSeconds: nowSeconds)
        verified.withLock { $0.insert(token, hash: hash, claims) }
        return claims.identity
    }

    /// How many verified tokens are remembered.
    package var verifiedCount: Int { verified.withLock { $0.count } }

    /// What `kid` may say, in the setting's order.
    package var keyIDs: [String] { keys.map(\.keyID) }

    private func current(_ claims: TokenClaims, _ hash: Int, _ nowSeconds: Int64) throws(TokenError) -> Identity {
        do {
            try claims.validity.check(nowSeconds: nowSeconds)
        } catch {
            verified.withLock { $0.remove(hash) }
            throw error
        }
        return claims.identity
    }

    /// Header, then signature, and the payload only when it is known to be the issuer's.
    private func verifyUncached(_ token: UnsafeRawBufferPointer) throws(TokenError) -> TokenClaims {
        guard let parts = CompactToken(token) else { throw .malformed }
        let parser = JSONParser(capacityMax: TokenVerifier.tokenBytesMax, depthMax: TokenVerifier.depthMax)
        let content = ByteBuffer(capacity: token.count + JSONParser.padding)
        // What is read below lies in their memory.
        defer { withExtendedLifetime((parser, content)) {} }
        let header = try TokenHeader(json(parts.header, parser, content))
        try checkSignature(parts, header, content)
        return try TokenClaims(json(parts.payload, parser, content), demands)
    }

    private func json(_ part: UnsafeRawBufferPointer, _ parser: JSONParser, _ content: ByteBuffer)
        throws(TokenError) -> JSONValue
    {
        content.clear()
        guard Base64URL.decode(part, into: content) else { throw .malformed }
        content.reserve(JSONParser.padding)
        do { return try parser.parse(content.bytes) } catch { throw .malformed }
    }

    private func checkSignature(_ parts: CompactToken, _ header: TokenHeader, _ content: ByteBuffer)
        throws(TokenError)
    {
        content.clear()
        guard Base64URL.decode(parts.signature, into: content) else { throw .malformed }
        let keys = try keys(for: header)
        guard keys.contains(where: { $0.isValid(signature: content.bytes, over: parts.signed) }) else {
            throw .badSignature
        }
    }

    /// The key that `kid` names, where it names one, else all; never one of another algorithm than the token's.
    private func keys(for header: TokenHeader) throws(TokenError) -> [PublicKey] {
        let named = header.keyID.map { id in keys.filter { $0.keyID == id } } ?? []
        let candidates = (named.isEmpty ? keys : named).filter { $0.algorithm == header.algorithm }
        guard !candidates.isEmpty else { throw .algorithmNotAllowed }
        return candidates
    }
}
