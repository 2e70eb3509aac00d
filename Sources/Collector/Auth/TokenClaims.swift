import Events

enum TokenAlgorithm: String {
    case rs256 = "RS256"
    case es256 = "ES256"
}

/// What matters of a token's header (RFC 7515, section 4).
struct TokenHeader {
    let algorithm: TokenAlgorithm
    let keyID: String?

    init(_ json: JSONValue) throws(TokenError) {
        guard json.kind == .object, json.firstDuplicateKey() == nil, let name = json["alg"]?.string else {
            throw .malformed
        }
        guard let algorithm = TokenAlgorithm(rawValue: name) else { throw .algorithmNotAllowed }
        guard json["crit"] == nil else { throw .criticalExtension }
        self.algorithm = algorithm
        keyID = json["kid"]?.string
    }
}

/// When a token holds, in Unix seconds, leeway included.
struct TokenValidity {
    let from: Double
    let until: Double

    func check(nowSeconds: Int64) throws(TokenError) {
        let now = Double(nowSeconds)
        guard now < until else { throw .expired }
        guard now >= from else { throw .notYetValid }
    }
}

/// What a token must say beside its times and its subject.
struct TokenDemands {
    let issuer: String?
    let audience: String?
    let leewaySeconds: Double
}

/// What matters of a token's payload (RFC 7519, section 4.1).
struct TokenClaims {
    let identity: Identity
    let validity: TokenValidity

    init(_ json: JSONValue, _ demands: TokenDemands) throws(TokenError) {
        guard json.kind == .object, json.firstDuplicateKey() == nil else { throw .malformed }
        validity = try TokenClaims.validity(json, leewaySeconds: demands.leewaySeconds)
        if let issuer = demands.issuer, json["iss"]?.string != issuer { throw .wrongIssuer }
        if let audience = demands.audience, !TokenClaims.names(audience, json["aud"]) { throw .wrongAudience }
        // The published service's tokens (flask-jwt-extended) say which of the two they are.
        if json["type"]?.string == "refresh" { throw .refreshToken }
        guard let subject = json["sub"]?.string, let user = UUID(subject), user != .none else {
            throw .subjectNotUUID
        }
        identity = Identity(userID: user)
    }

    private static func validity(_ json: JSONValue, leewaySeconds: Double) throws(TokenError) -> TokenValidity {
        guard let expiry = try seconds(json["exp"]) else { throw .missingExpiry }
        let notBefore = try seconds(json["nbf"]) ?? -.infinity
        let issuedAt = try seconds(json["iat"]) ?? -.infinity
        return TokenValidity(from: max(notBefore, issuedAt) - leewaySeconds, until: expiry + leewaySeconds)
    }

    private static func seconds(_ value: JSONValue?) throws(TokenError) -> Double? {
        guard let value else { return nil }
        guard let seconds = value.double else { throw .malformed }
        return seconds
    }

    /// `aud` is one name or a list of them.
    private static func names(_ audience: String, _ claim: JSONValue?) -> Bool {
        guard let claim else { return false }
        guard claim.kind == .array else { return claim.string == audience }
        return claim.elements.contains { $0.string == audience }
    }
}
