import Collector
import Events
import HTTPClient
import HTTPServer
import TestSupport
import Testing

@Suite struct AdmissionTests {
    // MARK: Content-Type

    static let types: [(type: String?, single: Int, batch: Int)] = [
        ("application/json", 201, 201), ("Application/JSON", 201, 201), ("application/json; charset=utf-8", 201, 201),
        ("application/json;charset=utf-8", 201, 201), ("application/json ; charset=utf-8", 201, 201),
        ("text/plain", 415, 201), ("text/plain;charset=UTF-8", 415, 201), ("application/x-ndjson", 415, 201),
        ("application/ndjson", 415, 201), ("application/jsonl", 415, 201), ("application/jsonx", 415, 415),
        ("application/json+ld", 415, 415), ("application/problem+json", 415, 415), ("application", 415, 415),
        ("text/html", 415, 415), ("application/x-www-form-urlencoded", 415, 415), ("", 415, 415), (nil, 415, 415),
    ]

    @Test(arguments: types) func `the Content-Type decides`(type: String?, single: Int, batch: Int) throws {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        #expect(try test.post("/clicks/", Sample.click, type: type).status == single)
        let answer = try test.post("/v1/events", Sample.typedClick, type: type)
        #expect(answer.status == batch)
        #expect(log.lines.count == [single, batch].filter { $0 == 201 }.count)
        if batch == 415 { #expect(try answer.errorFields() == [""]) }
    }

    // MARK: Bots

    static let agents: [(agent: String, isBot: Bool)] = [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true), ("bingbot", true),
        ("BOT", true), ("Some-Crawler/1", true), ("Baiduspider+", true), ("Yahoo! Slurp", true),
        ("Mozilla/5.0 HeadlessChrome/120.0", true), ("PhantomJS/2.1", true), ("facebookexternalhit/1.1", true),
        ("Chrome-Lighthouse", true), ("Pingdom.com_bot", true), ("UptimeRobot/2.0", true),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", false), ("curl/8.0", false),
        ("bo", false), ("b ot", false), ("", false),
    ]

    @Test(arguments: agents) func `programs that say so are marked, and kept`(agent: String, isBot: Bool) throws {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        #expect(try test.post("/clicks/", Sample.click, [("User-Agent", agent)]).status == 201)
        let batch = try test.post("/v1/events", Sample.typedClick, [("User-Agent", agent)])
        #expect(batch.status == 201)
        #expect(log.lines.count == 2)
        for line in log.lines { #expect(line.contains(#""verdict":"bot""#) == isBot) }
    }

    // MARK: Origins

    private static let ours = "https://cinema.example"

    private func collector(_ log: ScriptedLog, origins: [String]) throws -> TestCollector {
        try TestCollector(log) { $0.options.origins = origins }
    }

    @Test func `a listed origin may send, with cookies`() throws {
        let test = try collector(ScriptedLog(), origins: [AdmissionTests.ours, "http://localhost:3000"])
        for origin in [AdmissionTests.ours, "http://localhost:3000"] {
            let answer = try test.post("/clicks/", Sample.click, [("Origin", origin)])
            #expect(answer.status == 201)
            #expect(answer.header("Access-Control-Allow-Origin") == origin)
            #expect(answer.header("Access-Control-Allow-Credentials") == "true")
            #expect(answer.header("Vary") == "Origin")
            #expect(answer.header("Access-Control-Expose-Headers") == "Retry-After")
        }
    }

    @Test(arguments: [
        "https://evil.example", "http://cinema.example", "https://cinema.example:8443",
        "https://cinema.example.evil.example",
        "https://sub.cinema.example", "HTTPS://CINEMA.EXAMPLE", "null", "https://cinema.example/",
    ])
    func `another origin may not, and learns nothing`(origin: String) throws {
        let log = ScriptedLog()
        let test = try collector(log, origins: [AdmissionTests.ours])
        for path in ["/clicks/", "/v1/events"] {
            let answer = try test.post(path, Sample.typedClick, [("Origin", origin)])
            #expect(answer.status == 403)
            #expect(answer.header("Access-Control-Allow-Origin") == nil)
            #expect(answer.header("Access-Control-Allow-Credentials") == nil)
        }
        let preflight = try test.send("OPTIONS", "/clicks/", [("Origin", origin)])
        #expect(preflight.status == 403)
        #expect(preflight.header("Access-Control-Allow-Methods") == nil)
        #expect(log.lines.isEmpty)
    }

    @Test func `any origin may send where all may, but without credentials`() throws {
        let test = try collector(ScriptedLog(), origins: ["*"])
        let answer = try test.post("/clicks/", Sample.click, [("Origin", "https://anywhere.example")])
        #expect(answer.status == 201)
        #expect(answer.header("Access-Control-Allow-Origin") == "*")
        #expect(answer.header("Access-Control-Allow-Credentials") == nil)
    }

    @Test func `a page of the service itself, and no page at all, need no leave`() throws {
        let test = try collector(ScriptedLog(), origins: [AdmissionTests.ours])
        for headers in [[], [("Origin", test.url)]] {
            let answer = try test.post("/clicks/", Sample.click, headers)
            #expect(answer.status == 201)
            #expect(answer.header("Access-Control-Allow-Origin") == nil)
        }
    }

    @Test func `a preflight says what may be sent`() throws {
        let test = try collector(ScriptedLog(), origins: [AdmissionTests.ours])
        for path in ["/clicks/", "/films", "/v1/events", "/v1/pixel.gif"] {
            let answer = try test.send(
                "OPTIONS", path,
                [("Origin", AdmissionTests.ours), ("Access-Control-Request-Method", "POST")])
            #expect(answer.status == 204)
            #expect(answer.header("Access-Control-Allow-Origin") == AdmissionTests.ours)
            #expect(answer.header("Access-Control-Allow-Methods")?.contains("POST") == true)
            #expect(answer.header("Access-Control-Allow-Headers")?.contains("Content-Encoding") == true)
            #expect(answer.header("Access-Control-Allow-Headers")?.contains("Authorization") == true)
        }
        #expect(try test.send("OPTIONS", "/nothing", [("Origin", AdmissionTests.ours)]).status == 404)
    }

    @Test func `errors can be read by the page that caused them`() throws {
        let test = try collector(ScriptedLog(), origins: [AdmissionTests.ours])
        for (path, body, status) in [("/clicks/", "nonsense", 400), ("/clicks/", "{}", 422), ("/nothing", "{}", 404)] {
            let answer = try test.post(path, body, [("Origin", AdmissionTests.ours)])
            #expect(answer.status == status)
            #expect(answer.header("Access-Control-Allow-Origin") == AdmissionTests.ours)
        }
    }

    // MARK: Tokens and keys

    private static let user = "0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89"
    private static let token = SigningKey.p256.token(
        header: #"{"alg":"ES256"}"#, payload: #"{"sub":"\#(user)","exp":4000000000}"#)

    private func guarded(_ log: ScriptedLog, anonymous: Bool, origins: [String] = ["*"]) throws -> TestCollector {
        let verifier = try TokenVerifier(publicKeyPEM: SigningKey.p256.publicPEM)
        return try TestCollector(log) {
            $0.tokens = verifier
            $0.options.anonymousEvents = anonymous
            $0.options.origins = origins
        }
    }

    @Test func `a user comes from the token, by header or cookie, and from nowhere else`() throws {
        let log = ScriptedLog()
        let test = try guarded(log, anonymous: false)
        let body = #"{"obj_id":"x","user_id":"11111111-1111-4111-8111-111111111111"}"#
        for header in [
            ("Authorization", "Bearer \(AdmissionTests.token)"), ("authorization", "bearer \(AdmissionTests.token)"),
            ("Cookie", "a=b; access_token_cookie=\(AdmissionTests.token)"),
        ] {
            #expect(try test.post("/clicks/", body, [header]).status == 201)
        }
        #expect(log.lines.count == 3)
        for line in log.lines { #expect(line.contains(#""user_id":"\#(AdmissionTests.user)""#)) }
    }

    @Test func `without a token, or with a bad one, nobody sends`() throws {
        let log = ScriptedLog()
        let test = try guarded(log, anonymous: false)
        let none = try test.post("/clicks/", Sample.click)
        #expect(none.status == 401)
        #expect(none.header("WWW-Authenticate") == "Bearer")
        let bad = try test.post("/clicks/", Sample.click, [("Authorization", "Bearer \(AdmissionTests.token)x")])
        #expect(bad.status == 401)
        #expect(bad.header("WWW-Authenticate") == "Bearer error=\"invalid_token\"")
        #expect(!bad.body.string.contains(AdmissionTests.token))
        #expect(log.lines.isEmpty)
    }

    @Test func `where anonymous events are taken, a bad token is still refused`() throws {
        let test = try guarded(ScriptedLog(), anonymous: true)
        #expect(try test.post("/clicks/", Sample.click).status == 201)
        #expect(try test.post("/clicks/", Sample.click, [("Authorization", "Bearer x.y.z")]).status == 401)
    }

    @Test func `a cookie from a page that is none of ours proves nothing`() throws {
        let log = ScriptedLog()
        let test = try guarded(log, anonymous: false)
        let cookie = ("Cookie", "access_token_cookie=\(AdmissionTests.token)")
        #expect(try test.post("/clicks/", Sample.click, [cookie, ("Origin", "https://evil.example")]).status == 401)
        #expect(log.lines.isEmpty)
        let ours = try guarded(log, anonymous: false, origins: [AdmissionTests.ours])
        #expect(try ours.post("/clicks/", Sample.click, [cookie, ("Origin", AdmissionTests.ours)]).status == 201)
    }

    @Test func `a write key comes by header or query`() throws {
        let log = ScriptedLog()
        let test = try TestCollector(log) { $0.keys = WriteKeys(["web-4f1c"]) }
        #expect(try test.post("/clicks/", Sample.click).status == 403)
        #expect(try test.post("/clicks/", Sample.click, [("X-Write-Key", "web-4f1d")]).status == 403)
        #expect(try test.post("/clicks/?key=nothing", Sample.click).status == 403)
        #expect(try test.send("GET", "/v1/pixel.gif?type=click&obj_id=x").status == 403)
        #expect(log.lines.isEmpty)
        #expect(try test.post("/clicks/", Sample.click, [("X-Write-Key", "web-4f1c")]).status == 201)
        #expect(try test.post("/clicks/?key=web-4f1c", Sample.click).status == 201)
        #expect(try test.send("GET", "/v1/pixel.gif?type=click&obj_id=x&key=web-4f1c").status == 200)
        #expect(log.lines.count == 3)
        for line in log.lines { #expect(!line.contains("web-4f1c")) }
    }
}
