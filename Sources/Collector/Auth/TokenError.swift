/// Why a token is refused. The raw value is a label for metrics; `message` is for the client and never repeats anything of
/// the token.
public enum TokenError: String, Error, CaseIterable, Sendable {
    case tooLong = "too_long"
    case malformed
    case algorithmNotAllowed = "algorithm_not_allowed"
    case criticalExtension = "critical_extension"
    case badSignature = "bad_signature"
    case missingExpiry = "missing_expiry"
    case expired
    case notYetValid = "not_yet_valid"
    case wrongIssuer = "wrong_issuer"
    case wrongAudience = "wrong_audience"
    case subjectNotUUID = "subject_not_uuid"
    case refreshToken = "refresh_token"

    public var message: String {
        switch self {
        case .tooLong: "token is longer than \(TokenVerifier.tokenBytesMax) bytes"
        case .malformed: "token is not a well-formed JWT"
        case .algorithmNotAllowed: "token is signed with an algorithm that is not allowed"
        case .criticalExtension: "token demands an extension (crit) that is not supported"
        case .badSignature: "token signature is not valid"
        case .missingExpiry: "token has no expiry (exp)"
        case .expired: "token expired"
        case .notYetValid: "token is not valid yet"
        case .wrongIssuer: "token has the wrong issuer (iss)"
        case .wrongAudience: "token is not for this audience (aud)"
        case .subjectNotUUID: "token subject (sub) is not a user's UUID"
        case .refreshToken: "token is a refresh token; an access token is needed"
        }
    }
}
