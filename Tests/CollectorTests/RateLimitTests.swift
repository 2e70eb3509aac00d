import Collector
import Events
import HTTPClient
import HTTPServer
import Platform
import TestSupport
import Testing

/// Bursts are used up with so much of a debt that no pause between two requests of a test makes room again.
@Suite struct RateLimitTests {
    private func collector(
        _ log: ScriptedLog = ScriptedLog(), _ change: (inout TestCollector.Settings) -> Void
    ) throws -> TestCollector {
        try TestCollector(log) {
            // At one event a second, as many events.
            $0.options.rates.burstSeconds = 3_600
            $0.listen.trustedProxies = TrustedProxies([NetworkBlock("127.0.0.1")!])
            change(&$0)
        }
    }

    private func from(_ address: String) -> [(String, String)] { [("X-Forwarded-For", address)] }

    /// Uses up the burst of one sender: 4,000 events of 3,600.
    private func exhaust(_ test: TestCollector, _ headers: [(String, String)]) throws {
        let event = Sample.typedClick
        let batch = "[" + Array(repeating: event, count: 2_000).joined(separator: ",") + "]"
        for _ in 0..<2 { _ = try test.post("/v1/validate", batch, headers) }
    }

    private func limited(_ test: TestCollector, by scope: String) -> String {
        test.metric("cinelog_rate_limited_total{by=\"\(scope)\"}")
    }

    // MARK: Over HTTP

    @Test func `past its rate an address is refused with the seconds to wait, and others are not`() throws {
        let log = ScriptedLog()
        let test = try collector(log) { $0.options.rates.perAddress = 1 }
        #expect(try test.post("/clicks/", Sample.click, from("203.0.113.9")).status == 201)
        try exhaust(test, from("203.0.113.9"))
        let stored = log.lines.count
        for path in EventKind.allCases.map(\.path) + ["/v1/events", "/v1/validate"] {
            let refused = try test.post(path, Sample.typedClick, from("203.0.113.9"))
            #expect(refused.status == 429, "\(path)")
            // 4,001 events of 3,600: 401 s of debt, and one event more.
            let seconds = try #require(refused.header("Retry-After").flatMap { Int($0) })
            #expect((300...402).contains(seconds), "\(seconds)")
            #expect(try refused.errorFields() == [""])
        }
        #expect(log.lines.count == stored)
        #expect(try test.post("/clicks/", Sample.click, from("203.0.113.8")).status == 201)
        #expect(try test.post("/clicks/", Sample.click).status == 201)
        #expect(limited(test, by: "address") == "6")
        #expect(limited(test, by: "key") == "0" && limited(test, by: "user") == "0")
    }

    @Test func `what takes no events, and a browser's question before a request, are not limited`() throws {
        let test = try collector { $0.options.rates.perAddress = 1 }
        try exhaust(test, [])
        for path in ["/healthz", "/readyz", "/cinelog.js", "/openapi.json"] {
            #expect(try test.send("GET", path).status == 200, "\(path)")
        }
        #expect(try test.send("OPTIONS", "/clicks/", [("Origin", "https://cinema.example")]).status == 204)
    }

    @Test func `a pixel counts, and says when to come back`() throws {
        let test = try collector { $0.options.rates.perAddress = 1 }
        #expect(try test.send("GET", "/v1/pixel.gif?type=click&obj_id=mail").status == 200)
        try exhaust(test, [])
        let refused = try test.send("GET", "/v1/pixel.gif?type=click&obj_id=mail")
        #expect(refused.status == 429 && refused.header("Content-Type") == "image/gif")
        #expect(refused.header("Retry-After").flatMap { Int($0) } ?? 0 > 0)
    }

    @Test func `refusals of other kinds count too: nobody tries keys or tokens without end`() throws {
        let test = try collector {
            $0.options.rates.perAddress = 1
            $0.options.rates.burstSeconds = 20
            $0.keys = WriteKeys(["web-4f1c"])
        }
        var statuses: [Int] = []
        while statuses.last != 429, statuses.count < 2_000 {
            statuses.append(try test.post("/clicks/", Sample.click, [("X-Write-Key", "guess")]).status)
        }
        #expect(statuses.count > 20 && statuses.dropLast().allSatisfy { $0 == 403 })
        #expect(statuses.last == 429)
    }

    @Test func `a key's rate is shared by all who bring it, wherever from, and by nobody else`() throws {
        let test = try collector {
            $0.options.rates.perKey = 1
            $0.keys = WriteKeys(["web-4f1c", "ios-77aa"])
        }
        try exhaust(test, [("X-Write-Key", "web-4f1c")] + from("203.0.113.9"))
        let refused = try test.post("/clicks/", Sample.click, [("X-Write-Key", "web-4f1c")] + from("203.0.113.8"))
        #expect(refused.status == 429 && refused.header("Retry-After") != nil)
        #expect(try test.send("GET", "/v1/pixel.gif?type=click&obj_id=a&key=web-4f1c").status == 429)
        #expect(
            try test.post("/clicks/", Sample.click, [("X-Write-Key", "ios-77aa")] + from("203.0.113.9")).status == 201)
        #expect(try test.post("/clicks/", Sample.click, [("X-Write-Key", "guess")]).status == 403)
        #expect(limited(test, by: "key") == "2" && limited(test, by: "address") == "0")
    }

    @Test func `a user's rate is his, on all his devices`() throws {
        let verifier = try TokenVerifier(publicKeyPEM: SigningKey.p256.publicPEM)
        let test = try collector {
            $0.options.rates.perUser = 1
            $0.options.anonymousEvents = true
            $0.tokens = verifier
        }
        func token(_ user: String) -> [(String, String)] {
            let payload = #"{"sub":"\#(user)","exp":4000000000}"#
            return [("Authorization", "Bearer " + SigningKey.p256.token(header: #"{"alg":"ES256"}"#, payload: payload))]
        }
        let (first, second) = ("b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89", "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a8a")
        try exhaust(test, token(first) + from("203.0.113.9"))
        #expect(try test.post("/clicks/", Sample.click, token(first) + from("2001:db8::1")).status == 429)
        #expect(try test.post("/clicks/", Sample.click, token(second) + from("203.0.113.9")).status == 201)
        #expect(try test.post("/clicks/", Sample.click, from("203.0.113.9")).status == 201)
        #expect(limited(test, by: "user") == "1")
    }

    @Test func `a batch counts as its events, a batch that is too long as the longest`() throws {
        let test = try collector {
            $0.options.rates.perAddress = 1
            $0.options.batchEventsMax = 1_000
        }
        func batch(_ count: Int) -> String {
            "[" + Array(repeating: Sample.typedClick, count: count).joined(separator: ",") + "]"
        }
        for (number, count) in [1_000, 1_001, 1_000].enumerated() {
            #expect(
                try test.post("/v1/events", batch(count), from("2001:db8::\(number)")).status
                    == (count > 1_000 ? 413 : 201))
        }
        // 3,000 of 3,600 are used: the next one ends in debt.
        #expect(try test.post("/v1/events", batch(1_000), from("2001:db8::4")).status == 201)
        #expect(try test.post("/clicks/", Sample.click, from("2001:db8:0:0:ffff::6")).status == 429)
        #expect(try test.post("/clicks/", Sample.click, from("2001:db8:0:1::1")).status == 201)
    }

    @Test func `without limits nothing is counted and nothing is told`() throws {
        let test = try collector { _ in }
        try exhaust(test, [])
        #expect(try test.post("/clicks/", Sample.click).status == 201)
        #expect(!test.metrics.render().contains("rate_limit"))
    }
}
