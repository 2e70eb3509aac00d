import Events
import Glibc
import HTTPClient
import TestSupport
import Testing

/// Tokens, write keys and origins, on a collector of its own (no store is needed for answers).
@Suite(.turn(.processes)) struct AuthenticationTests {
    static let user = "7d2bb5e3-c0f0-4b7e-8f3a-2f4d1c6b7a89"
    static let event = #"{"obj_id":"a","user_id":"00000000-0000-0000-0000-0000000000ff"}"#

    private func token(_ key: SigningKey, _ header: String = #"{"alg":"RS256","typ":"JWT"}"#, expiresIn: Int = 600)
        -> String
    {
        key.token(header: header, payload: #"{"sub":"\#(Self.user)","exp":\#(time(nil) + expiresIn)}"#)
    }

    @Test func `Only good tokens are taken, and the user comes from the token`() throws {
        let service = try Service("serve", ["JWT_PUBLIC_KEY": SigningKey.rsa.publicPEM])
        func status(_ token: String?, cookie: Bool) throws -> Int {
            let header = token.map {
                cookie ? ("Cookie", "a=b; access_token_cookie=\($0)") : ("Authorization", "Bearer \($0)")
            }
            let answer = try service.post("/clicks/", Self.event, headers: header.map { [$0] } ?? [])
            if answer.status == 401 { #expect(answer.header("WWW-Authenticate") != nil) }
            return answer.status
        }
        let good = token(SigningKey.rsa)
        let none = base64URL(Array(#"{"alg":"none"}"#.utf8)) + "." + good.split(separator: ".")[1] + "."
        let hmacHead = base64URL(Array(#"{"alg":"HS256"}"#.utf8)) + "." + good.split(separator: ".")[1]
        let confused =
            hmacHead + "." + base64URL(hmacSHA256(key: Array(SigningKey.rsa.publicPEM.utf8), Array(hmacHead.utf8)))
        for cookie in [true, false] {
            #expect(try status(good, cookie: cookie) == 201)
            #expect(try status(token(SigningKey.rsa, expiresIn: -600), cookie: cookie) == 401)
            #expect(try status(token(SigningKey.otherRSA), cookie: cookie) == 401)
            #expect(try status(none, cookie: cookie) == 401)
            #expect(try status(confused, cookie: cookie) == 401)
            #expect(try status("nonsense", cookie: cookie) == 401)
        }
        #expect(try status(nil, cookie: false) == 401)
        // A page of another origin cannot lend itself the viewer's cookie.
        let stolen = try service.post(
            "/clicks/", Self.event,
            headers: [("Cookie", "access_token_cookie=\(good)"), ("Origin", "https://evil.example")])
        #expect(stolen.status == 401)
        #expect(try service.rows("SELECT DISTINCT user_id FROM clicks", within: 3000) { !$0.isEmpty } == [Self.user])
        #expect(!service.output.contains(good) && !service.output.contains("PUBLIC KEY"))
    }

    @Test func `ES256 tokens and anonymous events live side by side where settings say so`() throws {
        let service = try Service(
            "collect", ["JWT_PUBLIC_KEY": SigningKey.p256.publicPEM, "ANONYMOUS_EVENTS": "true"])
        let good = token(SigningKey.p256, #"{"alg":"ES256"}"#)
        #expect(try service.post("/clicks/", Self.event, headers: [("Authorization", "Bearer \(good)")]).status == 201)
        #expect(try service.post("/clicks/", Self.event).status == 201)
        let bad = token(SigningKey.otherP256, #"{"alg":"ES256"}"#)
        #expect(try service.post("/clicks/", Self.event, headers: [("Authorization", "Bearer \(bad)")]).status == 401)
    }

    @Test func `Write keys and origins are demanded where they are set`() throws {
        let service = try Service(
            "collect", ["WRITE_KEYS": "first-key,second-key", "CORS_ORIGINS": "https://cinema.example"])
        #expect(try service.post("/clicks/", Self.event).status == 403)
        #expect(try service.post("/clicks/", Self.event, headers: [("X-Write-Key", "second-key")]).status == 201)
        #expect(try service.post("/v1/events?key=first-key", "[{\"type\":\"click\",\"obj_id\":\"a\"}]").status == 201)
        #expect(try service.post("/clicks/?key=wrong", Self.event).status == 403)
        let ours = try service.post(
            "/clicks/?key=first-key", Self.event, headers: [("Origin", "https://cinema.example")])
        #expect(ours.status == 201)
        #expect(ours.header("Access-Control-Allow-Origin") == "https://cinema.example")
        #expect(ours.header("Access-Control-Allow-Credentials") == "true")
        let foreign = try service.post(
            "/clicks/?key=first-key", Self.event, headers: [("Origin", "https://evil.example")])
        #expect(foreign.status == 403 && foreign.header("Access-Control-Allow-Origin") == nil)
        #expect(!service.output.contains("second-key"))
    }

    @Test func `The admin token is demanded where it is set`() throws {
        let token = "correct horse battery staple"
        let service = try Service("serve", ["ADMIN_TOKEN": token])
        #expect(try service.sql("SELECT 1").status == 401)
        #expect(try service.sql("SELECT 1", headers: [("Authorization", "Bearer wrong")]).status == 401)
        #expect(try service.sql("SELECT 1", headers: [("Authorization", "Bearer \(token)")]).status == 200)
        #expect(try service.get(service.admin + "/metrics").status == 401)
        #expect(!service.output.contains(token))
    }
}
