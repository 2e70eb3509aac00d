import Collector
import TestSupport
import Testing

private let user = "0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89"
private let good = #"{"sub":"\#(user)","exp":1800000600}"#
private let pem = SigningKey.rsa.publicPEM

/// A token that must not pass at 1,800,000,000, and why. The collector's keys are `rsa`, called "one", and `p256`, called "two".
struct ForgedToken: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let token: String
    let error: TokenError

    fileprivate init(_ what: String, _ error: TokenError, _ token: String) {
        (testDescription, self.token, self.error) = (what, token, error)
    }

    /// Well signed, by our key or another.
    fileprivate init(
        _ what: String, _ error: TokenError, header: String = #"{"alg":"RS256"}"#, payload: String = good,
        by key: SigningKey = .rsa
    ) { self.init(what, error, key.token(header: header, payload: payload)) }

    /// With a signature of one's own making.
    fileprivate init(_ what: String, _ error: TokenError, header: String, signature: (String) -> [UInt8]) {
        let signed = base64URL(Array(header.utf8)) + "." + base64URL(Array(good.utf8))
        self.init(what, error, signed + "." + base64URL(signature(signed)))
    }
}

@Suite(.timeLimit(.minutes(2))) struct ForgedTokenTests {
    private let verifier: TokenVerifier

    init() throws {
        verifier = try TokenVerifier(publicKeyPEM: "kid: one\n\(pem)\nkid: two\n\(SigningKey.p256.publicPEM)")
    }

    private func answer(_ token: String) -> TokenError? {
        do throws(TokenError) {
            _ = try withBytes(token) { bytes throws(TokenError) in
                try verifier.verify(bytes, nowSeconds: 1_800_000_000)
            }
            return nil
        } catch { return error }
    }

    @Test func `The tokens that the forged ones are made from pass`() {
        #expect(answer(SigningKey.rsa.token(header: #"{"alg":"RS256"}"#, payload: good)) == nil)
        #expect(answer(SigningKey.rsa.token(header: #"{"alg":"RS256","kid":"one"}"#, payload: good)) == nil)
        #expect(answer(SigningKey.p256.token(header: #"{"alg":"ES256","kid":"two"}"#, payload: good)) == nil)
    }

    @Test(arguments: ForgedToken.algorithms + ForgedToken.keys + ForgedToken.times + ForgedToken.forms)
    func `A forged token is refused with its reason, again and again`(forged: ForgedToken) {
        for _ in 0..<2 { #expect(answer(forged.token) == forged.error) }
        #expect(verifier.verifiedCount == 0)
    }
}

extension ForgedToken {
    /// The token chooses how it is checked.
    static let algorithms: [ForgedToken] =
        ["none", "None", "nOnE", "NONE", " none", "none\\u0000", "HS256", "HS384", "HS512", "RS1", "RS384", "RS512"]
        .map { ForgedToken("alg \($0)", .algorithmNotAllowed, header: #"{"alg":"\#($0)"}"#) }
        + ["PS256", "PS512", "ES384", "ES512", "ES256K", "EdDSA", "rs256", "RS256 ", "RSA-OAEP", "dir", ""]
        .map { ForgedToken("alg “\($0)”", .algorithmNotAllowed, header: #"{"alg":"\#($0)"}"#) }
        + ["null", "7", "true", "[\"RS256\"]", "{\"RS256\":1}"]
        .map { ForgedToken("alg is \($0)", .malformed, header: #"{"alg":\#($0)}"#) } + [
            ForgedToken("no alg", .malformed, header: #"{"typ":"JWT"}"#),
            ForgedToken("alg in capitals", .malformed, header: #"{"ALG":"RS256"}"#),
            ForgedToken("alg twice, good first", .malformed, header: #"{"alg":"RS256","alg":"none"}"#),
            ForgedToken("alg twice, good last", .malformed, header: #"{"alg":"none","alg":"RS256"}"#),
            ForgedToken("alg twice, in escapes", .malformed, header: #"{"alg":"RS256","\u0061lg":"none"}"#),
            ForgedToken("none without a signature", .malformed, unsigned + "."),
            ForgedToken("none with any signature", .algorithmNotAllowed, unsigned + ".AAAA"),
            ForgedToken("RS256 with the key as a shared secret", .badSignature, header: #"{"alg":"RS256"}"#) {
                hmacSHA256(key: Array(pem.utf8), Array($0.utf8))
            },
            ForgedToken("HS256 with the key as a shared secret", .algorithmNotAllowed, header: #"{"alg":"HS256"}"#) {
                hmacSHA256(key: Array(pem.utf8), Array($0.utf8))
            },
            ForgedToken("HS256 with an empty secret", .algorithmNotAllowed, header: #"{"alg":"HS256","kid":"one"}"#) {
                hmacSHA256(key: [], Array($0.utf8))
            },
            ForgedToken("ES256 with zeros", .badSignature, header: #"{"alg":"ES256"}"#) { _ in zeros(64) },
            ForgedToken("ES256 with nothing but r", .badSignature, header: #"{"alg":"ES256"}"#) { _ in zeros(32) },
            ForgedToken("ES256 in DER", .badSignature, header: #"{"alg":"ES256"}"#) {
                SigningKey.p256.signature(Array($0.utf8))
            },
            ForgedToken("RS256 of ones", .badSignature, header: #"{"alg":"RS256"}"#) { _ in
                zeros(255) + [1]
            },
            ForgedToken("RS256 with a byte too many", .badSignature, header: #"{"alg":"RS256"}"#) {
                SigningKey.rsa.signature(Array($0.utf8)) + [0]
            },
        ]

    /// The token brings its own key, or asks for the wrong one.
    static let keys: [ForgedToken] = [
        ForgedToken("another RSA key", .badSignature, by: .otherRSA),
        ForgedToken("another P-256 key", .badSignature, header: #"{"alg":"ES256"}"#, by: .otherP256),
        ForgedToken("RS256 signed with the P-256 key", .badSignature, by: .p256),
        ForgedToken("ES256 signed with the RSA key", .badSignature, header: #"{"alg":"ES256"}"#),
        ForgedToken("the kid of the other key", .algorithmNotAllowed, header: #"{"alg":"RS256","kid":"two"}"#),
        ForgedToken(
            "ES256 for the RSA key's kid", .algorithmNotAllowed, header: #"{"alg":"ES256","kid":"one"}"#, by: .p256),
        ForgedToken(
            "a key of its own (jwk)", .badSignature, header: own(#""jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}"#),
            by: .otherRSA),
        ForgedToken(
            "a key's address (jku)", .badSignature, header: own(#""jku":"http://127.0.0.1:1/keys""#), by: .otherRSA),
        ForgedToken(
            "a certificate's address (x5u)", .badSignature, header: own(#""x5u":"file:///etc/passwd""#), by: .otherRSA),
        ForgedToken("a certificate (x5c)", .badSignature, header: own(#""x5c":["AAAA"]"#), by: .otherRSA),
        ForgedToken(
            "a kid that is a path", .badSignature, header: own(#""kid":"../../../../dev/null""#), by: .otherRSA),
        ForgedToken("a kid that is SQL", .badSignature, header: own(#""kid":"' UNION SELECT 'x""#), by: .otherRSA),
        ForgedToken("a kid that is a number", .badSignature, header: own(#""kid":1"#), by: .otherRSA),
        ForgedToken("an empty kid", .badSignature, header: own(#""kid":"""#), by: .otherRSA),
        ForgedToken(
            "a kid of 4 KB", .badSignature, header: own(#""kid":"\#(String(repeating: "k", count: 4000))""#),
            by: .otherRSA),
        ForgedToken("a kid twice", .malformed, header: #"{"alg":"RS256","kid":"one","kid":"two"}"#),
        ForgedToken("a demand (crit)", .criticalExtension, header: own(#""crit":["b64"],"b64":false"#)),
        ForgedToken("an empty demand (crit)", .criticalExtension, header: own(#""crit":[]"#)),
    ]

    static let times: [ForgedToken] = claims.map {
        ForgedToken($0.what, $0.error, payload: #"{"sub":"\#(user)"\#($0.times)}"#)
    }

    private static let claims: [(what: String, times: String, error: TokenError)] = [
        ("no exp", "", .missingExpiry), ("expired for 30 s", #","exp":1799999970"#, .expired),
        ("expired for years", #","exp":1"#, .expired), ("exp 0", #","exp":0"#, .expired),
        ("exp -1", #","exp":-1"#, .expired),
        ("exp -1e308", #","exp":-1e308"#, .expired), ("exp as text", #","exp":"1900000000""#, .malformed),
        ("exp null", #","exp":null"#, .malformed), ("exp true", #","exp":true"#, .malformed),
        ("exp a list", #","exp":[1900000000]"#, .malformed), ("exp 1e999", #","exp":1e999"#, .malformed),
        ("exp NaN", #","exp":NaN"#, .malformed), ("exp twice", #","exp":1,"exp":1900000000"#, .malformed),
        ("nbf in 31 s", #","exp":1900000000,"nbf":1800000031"#, .notYetValid),
        ("nbf 1e308", #","exp":1900000000,"nbf":1e308"#, .notYetValid),
        ("nbf as text", #","exp":1900000000,"nbf":"0""#, .malformed),
        ("made in 31 s", #","exp":1900000000,"iat":1800000031"#, .notYetValid),
        ("expired and not yet valid", #","exp":1,"nbf":1900000000"#, .expired),
        ("a refresh token", #","exp":1900000000,"type":"refresh""#, .refreshToken),
    ]

    static let forms: [ForgedToken] = [
        ForgedToken("nothing", .malformed, ""), ForgedToken("points", .malformed, ".."),
        ForgedToken("five parts (encrypted)", .malformed, "eyJhbGciOiJkaXIifQ.a.b.c.d"),
        ForgedToken("JSON form", .malformed, #"{"payload":"e30","signatures":[]}"#),
        ForgedToken("8,193 bytes", .tooLong, String(repeating: "a", count: 8193)),
        ForgedToken("a megabyte", .tooLong, String(repeating: "a.", count: 500_000)),
        ForgedToken("8,192 points", .malformed, String(repeating: ".", count: 8192)),
        ForgedToken("a header nested 2,000 deep", .malformed, header: String(repeating: "[", count: 2000)) { _ in [1] },
        ForgedToken(
            "a payload nested 100 deep", .malformed,
            payload: #"{"a":\#(nested(100)),"sub":"\#(user)","exp":1900000000}"#),
        ForgedToken("a header that is a list", .malformed, header: #"["alg","RS256"]"#),
        ForgedToken("a header that is not UTF-8", .malformed, base64URL([0x7B, 0xFF, 0x7D]) + ".e30.AAAA"),
        ForgedToken("a payload that is a list", .malformed, payload: "[]"),
        ForgedToken("a subject twice", .malformed, payload: #"{"sub":"\#(user)","sub":"\#(user)","exp":1900000000}"#),
        ForgedToken(
            "the nil user", .subjectNotUUID,
            payload: #"{"sub":"00000000-0000-0000-0000-000000000000","exp":1900000000}"#),
        ForgedToken(
            "a user with something behind", .subjectNotUUID, payload: #"{"sub":"\#(user)' OR 1","exp":1900000000}"#),
        ForgedToken("no user", .subjectNotUUID, payload: #"{"exp":1900000000}"#),
    ]

    private static let unsigned = base64URL(Array(#"{"alg":"none"}"#.utf8)) + "." + base64URL(Array(good.utf8))
    private static func own(_ member: String) -> String { #"{"alg":"RS256",\#(member)}"# }
    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    private static func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
}
