import Events
import HTTPServer
import Platform
import Testing

@Suite struct SmallPartsTests {
    @Test func `equal secrets are equal, and any difference shows`() {
        let secret = Array("correct horse battery staple".utf8)
        #expect(constantTimeEqual(secret, secret))
        #expect(constantTimeEqual([UInt8](), [UInt8]()))
        #expect(!constantTimeEqual(secret, secret.dropLast()))
        #expect(!constantTimeEqual(secret, secret + [0]))
        #expect(!constantTimeEqual([], secret))
        for place in secret.indices {
            var other = secret
            other[place] ^= 0x80
            #expect(!constantTimeEqual(secret, other), "at \(place)")
        }
        // Two differences must not cancel each other out.
        #expect(!constantTimeEqual([1, 2], [2, 1]))
    }

    @Test func `requests are counted by route and status, and clients make no series`() throws {
        let registry = MetricsRegistry()
        let routes = [
            HTTPRoute(.get, "/counted") { $0.answer(HTTPResponse(.ok)) },
            HTTPRoute(.post, "/counted", body: .limited(wire: 10, decoded: 10)) { $0.answer(HTTPResponse(.created)) },
            HTTPRoute(.get, "/odd") { $0.answer(HTTPResponse(HTTPStatus(299))) },
        ]
        let metrics = RequestMetrics(registry, prefix: "t", routes: routes)
        let test = try TestServer({ $0.observe = { metrics.observe($0, status: $1, nanoseconds: $2) } }, more: routes)
        let client = try test.client()
        let requests = [
            Request.get("/counted"), Request.get("/counted/"), Request.post("/counted", "x"), Request.get("/odd"),
            Request.get("/unknown/1"), Request.get("/unknown/2"), Request.get("/counted", "X: 1\r\n"),
            "PUT /counted HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n",
        ]
        client.send(requests.joined())
        for _ in requests { _ = try client.reply() }
        let text = registry.render()
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("t_requests_total{") }.sorted()
        #expect(
            lines == [
                #"t_requests_total{route="/counted",status="200"} 3"#,
                #"t_requests_total{route="/counted",status="201"} 1"#,
                #"t_requests_total{route="/counted",status="405"} 1"#,
                #"t_requests_total{route="/odd",status="other"} 1"#,
                #"t_requests_total{route="other",status="404"} 2"#,
            ])
        #expect(text.contains("t_request_seconds_count 8\n"))
    }
}
