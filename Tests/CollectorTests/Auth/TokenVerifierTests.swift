import Collector
import Events
import Platform
import TestSupport
import Testing

private let user = "0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89"
private let now: Int64 = 1_800_000_000
private let rs256 = #"{"alg":"RS256","typ":"JWT"}"#
private let es256 = #"{"typ":"anything","alg":"ES256"}"#
private let good = #"{"sub":"\#(user)","exp":1800000600,"iat":1799999000,"nbf":1799999000,"jti":"x","type":"access"}"#

private func verify(_ verifier: TokenVerifier, _ token: String, at seconds: Int64 = now) throws(TokenError) -> Identity
{
    try withBytes(token) { bytes throws(TokenError) in try verifier.verify(bytes, nowSeconds: seconds) }
}

@Suite(.timeLimit(.minutes(2)))
struct TokenVerifierTests {
    let rsa: TokenVerifier
    let ec: TokenVerifier

    init() throws {
        rsa = try TokenVerifier(publicKeyPEM: SigningKey.rsa.publicPEM)
        ec = try TokenVerifier(publicKeyPEM: SigningKey.p256.publicPEM)
    }

    private func refusal(_ verifier: TokenVerifier, _ token: String, at seconds: Int64 = now) -> TokenError? {
        do throws(TokenError) {
            _ = try verify(verifier, token, at: seconds)
            return nil
        } catch { return error }
    }

    /// How a good signature over `payload` is answered.
    private func refusal(_ payload: String, at seconds: Int64 = now) -> TokenError? {
        refusal(rsa, SigningKey.rsa.token(header: rs256, payload: payload), at: seconds)
    }

    @Test func `a good RS256 token says who its user is`() throws {
        let identity = try verify(rsa, SigningKey.rsa.token(header: rs256, payload: good))
        #expect(identity.userID.description == user)
    }

    @Test func `a good ES256 token says who its user is`() throws {
        // Signatures differ from one to the next: leading zeros of r and s come up now and then.
        for _ in 0..<50 {
            let identity = try verify(ec, SigningKey.p256.token(header: es256, payload: good))
            #expect(identity.userID.description == user)
        }
    }

    @Test func `a subject in upper case is the same user`() throws {
        let payload = #"{"sub":"\#(user.uppercased())","exp":1800000600}"#
        #expect(try verify(rsa, SigningKey.rsa.token(header: rs256, payload: payload)).userID.description == user)
    }

    @Test func `an expired token is refused, after the leeway`() {
        #expect(refusal(good, at: 1_800_000_600) == nil)
        #expect(refusal(good, at: 1_800_000_629) == nil)
        #expect(refusal(good, at: 1_800_000_630) == .expired)
        #expect(refusal(good, at: 1_900_000_000) == .expired)
    }

    @Test func `a token from the future is refused, before the leeway`() {
        #expect(refusal(#"{"sub":"\#(user)","exp":1800000600,"nbf":1800000030}"#) == nil)
        #expect(refusal(#"{"sub":"\#(user)","exp":1800000600,"nbf":1800000031}"#) == .notYetValid)
        #expect(refusal(#"{"sub":"\#(user)","exp":1800000600,"iat":1800000031}"#) == .notYetValid)
        #expect(refusal(#"{"sub":"\#(user)","exp":1800000600.5,"nbf":1.5}"#) == nil)
    }

    @Test func `a token without an expiry is refused`() {
        #expect(refusal(#"{"sub":"\#(user)"}"#) == .missingExpiry)
    }

    @Test(arguments: [
        #"{"sub":"\#(user)","exp":"1800000600"}"#, #"{"sub":"\#(user)","exp":null}"#, #"{"sub":"\#(user)","exp":true}"#,
        #"{"sub":"\#(user)","exp":1800000600,"nbf":[]}"#, #"{"sub":"\#(user)","exp":1800000600,"exp":1900000000}"#,
        #"{"sub":"\#(user)","exp":1e999}"#, "[]", "null", "{", "",
    ])
    func `a payload that is not what a payload should be is malformed`(payload: String) {
        #expect(refusal(payload) == .malformed)
    }

    @Test(arguments: ["none", "None", "NONE", "", "HS256", "RS384", "PS256", "rs256", "EdDSA"])
    func `no algorithm but the two is taken, whoever signed`(algorithm: String) {
        let header = #"{"alg":"\#(algorithm)"}"#
        #expect(refusal(rsa, SigningKey.rsa.token(header: header, payload: good)) == .algorithmNotAllowed)
    }

    @Test func `an unsigned token is refused`() {
        let parts = base64URL(Array(#"{"alg":"none"}"#.utf8)) + "." + base64URL(Array(good.utf8)) + "."
        #expect(refusal(rsa, parts) == .malformed)
        #expect(refusal(rsa, parts + "AAAA") == .algorithmNotAllowed)
    }

    @Test func `the public key is not taken for a shared secret`() {
        for pem in [SigningKey.rsa.publicPEM, String(SigningKey.rsa.publicPEM.dropLast())] {
            for algorithm in ["HS256", "RS256"] {
                let signed = base64URL(Array(#"{"alg":"\#(algorithm)"}"#.utf8)) + "." + base64URL(Array(good.utf8))
                let forged = signed + "." + base64URL(hmacSHA256(key: Array(pem.utf8), Array(signed.utf8)))
                #expect(refusal(rsa, forged) == (algorithm == "HS256" ? .algorithmNotAllowed : .badSignature))
            }
        }
    }

    @Test func `the algorithm must be the key's own`() {
        #expect(refusal(rsa, SigningKey.p256.token(header: es256, payload: good)) == .algorithmNotAllowed)
        #expect(refusal(ec, SigningKey.rsa.token(header: rs256, payload: good)) == .algorithmNotAllowed)
        #expect(refusal(rsa, SigningKey.p256.token(header: rs256, payload: good)) == .badSignature)
        #expect(refusal(ec, SigningKey.rsa.token(header: es256, payload: good)) == .badSignature)
    }

    @Test func `another issuer's key does not open the door`() {
        #expect(refusal(rsa, SigningKey.otherRSA.token(header: rs256, payload: good)) == .badSignature)
        #expect(refusal(ec, SigningKey.otherP256.token(header: es256, payload: good)) == .badSignature)
    }

    @Test func `every changed byte breaks the token`() throws {
        for (verifier, token) in [
            (rsa, SigningKey.rsa.token(header: rs256, payload: good)),
            (ec, SigningKey.p256.token(header: es256, payload: good)),
        ] {
            _ = try verify(verifier, token)
            var bytes = Array(token.utf8)
            for place in bytes.indices {
                let old = bytes[place]
                bytes[place] = old == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                #expect(refusal(verifier, String(decoding: bytes, as: UTF8.self)) != nil, "at \(place)")
                bytes[place] = old
            }
        }
    }

    @Test func `a DER signature is not a JWS signature`() {
        let signed = base64URL(Array(es256.utf8)) + "." + base64URL(Array(good.utf8))
        let der = SigningKey.p256.signature(Array(signed.utf8))
        #expect(refusal(ec, signed + "." + base64URL(der)) == .badSignature)
        let raw = SigningKey.joseForm(der)
        #expect(refusal(ec, signed + "." + base64URL(raw)) == nil)
        #expect(refusal(ec, signed + "." + base64URL(raw + [0])) == .badSignature)
        #expect(refusal(ec, signed + "." + base64URL(Array(raw.dropLast()))) == .badSignature)
        #expect(refusal(ec, signed + "." + base64URL([UInt8](repeating: 0, count: 64))) == .badSignature)
        #expect(refusal(ec, signed + "." + base64URL([UInt8](repeating: 255, count: 64))) == .badSignature)
    }

    @Test func `what is not three parts of base64url is malformed`() {
        let token = SigningKey.rsa.token(header: rs256, payload: good)
        let parts = token.split(separator: ".").map(String.init)
        let broken = [
            "", ".", "..", "...", parts[0], parts[0] + "." + parts[1], token + ".", "." + token, token + ".AAAA",
            token + "=", token + "==", " " + token, token + " ", token + "\n",
            parts[0] + "=." + parts[1] + "." + parts[2],
            parts[0] + "/." + parts[1] + "." + parts[2], parts[0] + "..." + parts[2],
        ]
        for text in broken { #expect(refusal(rsa, text) == .malformed, "\(text)") }
        // A payload is not looked at before its signature.
        #expect(refusal(rsa, parts[0] + ".\u{E9}." + parts[2]) == .badSignature)
    }

    @Test func `the same signature spelt with stray bits is malformed`() {
        // 256 bytes leave two characters for the last byte: four of the last one's six bits mean nothing.
        let token = SigningKey.rsa.token(header: rs256, payload: good)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = alphabet.firstIndex(of: token.last!)!
        #expect(last % 16 == 0)
        #expect(refusal(rsa, token.dropLast() + String(alphabet[last + 1])) == .malformed)
    }

    @Test func `a huge token is refused unread`() {
        let long = SigningKey.rsa.token(
            header: rs256,
            payload: #"{"sub":"\#(user)","exp":1800000600,"x":"\#(String(repeating: "y", count: 8000))"}"#)
        #expect(refusal(rsa, long) == .tooLong)
        let fits = SigningKey.rsa.token(
            header: rs256,
            payload: #"{"sub":"\#(user)","exp":1800000600,"x":"\#(String(repeating: "y", count: 5500))"}"#)
        #expect(refusal(rsa, fits) == nil)
        #expect(refusal(rsa, String(repeating: "a.", count: 4000)) == .malformed)
    }

    @Test func `headers with demands of their own are refused`() {
        let header = #"{"alg":"RS256","crit":["exp"],"exp":1}"#
        #expect(refusal(rsa, SigningKey.rsa.token(header: header, payload: good)) == .criticalExtension)
        let twice = #"{"alg":"RS256","alg":"RS256"}"#
        #expect(refusal(rsa, SigningKey.rsa.token(header: twice, payload: good)) == .malformed)
        #expect(refusal(rsa, SigningKey.rsa.token(header: "{}", payload: good)) == .malformed)
    }

    @Test(arguments: ["7", "\"\"", "\"42\"", "null", "\"\(user)0\"", "\"00000000-0000-0000-0000-000000000000\""])
    func `a subject that is no UUID is refused`(subject: String) {
        #expect(refusal(#"{"sub":\#(subject),"exp":1800000600}"#) == .subjectNotUUID)
    }

    @Test func `a refresh token is not an access token`() {
        #expect(refusal(#"{"sub":"\#(user)","exp":1800000600,"type":"refresh"}"#) == .refreshToken)
    }

    @Test func `issuer and audience must be the configured ones`() throws {
        let strict = try TokenVerifier(publicKeyPEM: SigningKey.rsa.publicPEM, issuer: "auth", audience: "events")
        func answer(_ claims: String) -> TokenError? {
            refusal(
                strict, SigningKey.rsa.token(header: rs256, payload: #"{"sub":"\#(user)","exp":1800000600\#(claims)}"#))
        }
        #expect(answer(#","iss":"auth","aud":"events""#) == nil)
        #expect(answer(#","iss":"auth","aud":["other","events"]"#) == nil)
        #expect(answer(#","iss":"Auth","aud":"events""#) == .wrongIssuer)
        #expect(answer(#","aud":"events""#) == .wrongIssuer)
        #expect(answer(#","iss":["auth"],"aud":"events""#) == .wrongIssuer)
        #expect(answer(#","iss":"auth""#) == .wrongAudience)
        #expect(answer(#","iss":"auth","aud":"event""#) == .wrongAudience)
        #expect(answer(#","iss":"auth","aud":["event",7]"#) == .wrongAudience)
        #expect(answer(#","iss":"auth","aud":[]"#) == .wrongAudience)
    }

    @Test func `several keys are tried, and kid chooses among them`() throws {
        let text = [
            "kid: old\n" + SigningKey.otherRSA.publicPEM, "# kid: new\n" + SigningKey.rsa.publicPEM,
            SigningKey.p256.publicPEM,
        ].joined()
        let verifier = try TokenVerifier(publicKeyPEM: text)
        #expect(verifier.keyIDs.prefix(2) == ["old", "new"])
        func answer(_ key: SigningKey, _ algorithm: String, kid: String?) -> TokenError? {
            let kid = kid.map { #","kid":"\#($0)""# } ?? ""
            return refusal(verifier, key.token(header: #"{"alg":"\#(algorithm)"\#(kid)}"#, payload: good))
        }
        #expect(answer(.rsa, "RS256", kid: nil) == nil)
        #expect(answer(.otherRSA, "RS256", kid: nil) == nil)
        #expect(answer(.p256, "ES256", kid: nil) == nil)
        #expect(answer(.rsa, "RS256", kid: "new") == nil)
        #expect(answer(.rsa, "RS256", kid: "old") == .badSignature)
        #expect(answer(.rsa, "RS256", kid: "unheard of") == nil)
        #expect(answer(.p256, "ES256", kid: verifier.keyIDs[2]) == nil)
        #expect(answer(.p256, "ES256", kid: "new") == .algorithmNotAllowed)
        #expect(answer(.otherP256, "ES256", kid: nil) == .badSignature)
    }

    @Test func `a remembered token expires like any other`() throws {
        let token = SigningKey.rsa.token(header: rs256, payload: good)
        #expect(rsa.verifiedCount == 0)
        _ = try verify(rsa, token)
        #expect(rsa.verifiedCount == 1)
        #expect(try verify(rsa, token, at: now + 600).userID.description == user)
        #expect(rsa.verifiedCount == 1)
        #expect(refusal(rsa, token, at: now + 630) == .expired)
        #expect(rsa.verifiedCount == 0)
        #expect(refusal(rsa, token, at: now + 630) == .expired)
        #expect(rsa.verifiedCount == 0)
    }

    @Test func `refused tokens are not remembered`() {
        #expect(refusal(rsa, SigningKey.otherRSA.token(header: rs256, payload: good)) == .badSignature)
        #expect(refusal(good, at: now + 1000) == .expired)
        #expect(rsa.verifiedCount == 0)
    }

    @Test func `what is remembered is bounded`() throws {
        for number in 0..<4200 {
            let payload = #"{"sub":"\#(user)","exp":1800000600,"jti":\#(number)}"#
            _ = try verify(ec, SigningKey.p256.token(header: es256, payload: payload))
            #expect(ec.verifiedCount <= 4096)
        }
        #expect(ec.verifiedCount == 4200 - 4096)
    }

    @Test func `a repeated token costs a small part of its first check`() throws {
        let tokens = (0..<200).map { number in
            SigningKey.rsa.token(header: rs256, payload: #"{"sub":"\#(user)","exp":1800000600,"jti":\#(number)}"#)
        }
        func nanosecondsEach() throws -> UInt64 {
            let start = Clock.monotonicNanoseconds()
            for token in tokens { _ = try verify(rsa, token) }
            return (Clock.monotonicNanoseconds() - start) / UInt64(tokens.count)
        }
        let first = try nanosecondsEach()
        let repeated = try (0..<5).map { _ in try nanosecondsEach() }.min()!
        #expect(repeated * 5 < first, "first \(first) ns, repeated \(repeated) ns")
    }

    @Test func `threads may verify at the same time`() throws {
        let tokens = (0..<50).map {
            SigningKey.rsa.token(header: rs256, payload: good.replacing("\"x\"", with: "\($0)"))
        }
        let failures = Condition(0)
        let verifier = rsa
        let threads = (0..<4).map { number in
            Thread("verify \(number)") {
                for token in tokens where (try? verify(verifier, token))?.userID.description != user {
                    failures.withLock { $0 += 1 }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(failures.withLock { $0 } == 0)
        #expect(rsa.verifiedCount == 50)
    }

    @Test func `messages say why without a word of the token`() {
        for error in TokenError.allCases {
            #expect(error.message.hasPrefix("token "))
        }
        #expect(TokenError.expired.message == "token expired")
    }
}
