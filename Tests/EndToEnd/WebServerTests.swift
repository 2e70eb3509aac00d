import Events
import Glibc
import HTTPClient
import TestSupport
import Testing

/// nginx as deployed, in front of the real collector: what a viewer meets on the way in.
@Suite(.turn(.processes)) struct WebServerTests {
    private let service: Service
    private let json = ["--header", "Content-Type: application/json"]

    init() throws { service = try Shared.service.get() }

    private func server(rate: String? = nil) throws -> WebServer {
        try WebServer(collector: String(service.ingest.dropFirst("http://".count)), rate: rate)
    }

    @Test func `An event comes through nginx by HTTP/2 and stands in its table`() throws {
        let name = mark()
        let answer = try server().request("/clicks/", json + ["--http2", "--data", #"{"obj_id":"\#(name)"}"#])
        #expect(answer.status == 201)
        #expect(answer.body.contains("event_id"))
        #expect(answer.headers["strict-transport-security"] == "max-age=31536000")
        #expect(answer.headers["x-content-type-options"] == "nosniff")
        let rows = try service.rows("SELECT count() FROM clicks WHERE obj_id = '\(name)'", within: 5000) { $0 == ["1"] }
        #expect(rows == ["1"])
    }

    @Test func `A body as long as Cinelog takes passes nginx, and one byte more is 413 in Cinelog's words`() throws {
        let server = try server()
        let file = service.folder + "/body-\(mark())"
        defer { unlink(file) }
        let send =
            json + ["--header", "Expect:", "--header", "Origin: https://cinema.example", "--data-binary", "@\(file)"]

        // One event and blanks behind it: 1 MiB.
        let event = #"[{"type":"click","obj_id":"whole"}]"#
        let made = Service.shell("printf '%-1048576s' '\(event)' > '\(file)'")
        #expect(made.code == 0)
        #expect(try server.request("/v1/events", send).status == 201)

        #expect(Service.shell("printf ' ' >> '\(file)'").code == 0)
        let refused = try server.request("/v1/events", send)
        #expect(refused.status == 413)
        #expect(
            refused.body
                == #"{"errors":[{"field":"","message":"the body is too large: send several smaller batches"}]}"#)
        #expect(refused.headers["access-control-allow-origin"] == "https://cinema.example")
        // Without nginx it is the same status.
        let direct = try service.post("/v1/events", String(repeating: " ", count: 1_048_577))
        #expect(direct.status == 413)
    }

    @Test func `Past its rate a network is told 429 and when to come back, and others are not held up`() throws {
        let server = try server(rate: "1r/m")
        func from(_ address: String) -> [String] { ["--header", "X-Forwarded-For: \(address)"] }

        let statuses = try server.statuses("/healthz", count: 260, from("203.0.113.9"))
        #expect(statuses.count == 260)
        #expect(statuses.prefix(200).allSatisfy { $0 == 200 })
        #expect(statuses.contains(429))

        let refused = try server.request(
            "/healthz", from("203.0.113.9") + ["--header", "Origin: https://cinema.example"])
        #expect(refused.status == 429)
        #expect(refused.headers["retry-after"] == "1")
        #expect(refused.headers["access-control-allow-origin"] == "https://cinema.example")
        #expect(refused.headers["access-control-expose-headers"] == "Retry-After")
        #expect(try server.request("/healthz", from("203.0.113.10")).status == 200)
    }

    @Test func `All addresses of one IPv6 customer share a rate`() throws {
        let server = try server(rate: "1r/m")
        func from(_ address: String) -> [String] { ["--header", "X-Forwarded-For: \(address)"] }
        #expect(try server.statuses("/healthz", count: 260, from("2001:db8:1:2::9")).contains(429))
        #expect(try server.request("/healthz", from("2001:db8:1:2:aaaa::5")).status == 429)
        #expect(try server.request("/healthz", from("2001:db8:1:3::5")).status == 200)
    }

    @Test func `Behind a balancer a collector hears of the viewer's address, and not of those that a viewer claims`()
        throws
    {
        let collector = ScriptedServer { _ in .answer(201, "{}") }
        let server = try WebServer(collector: "127.0.0.1:\(collector.port)")
        let claims = [
            "--header", "X-Forwarded-For: 198.51.100.7, 203.0.113.9", "--header", "Forwarded: for=198.51.100.7",
        ]
        #expect(try server.request("/clicks/?key=secret-key", json + claims + ["--data", "{}"]).status == 201)

        let request = try #require(collector.requests.first)
        #expect(request.headers["x-forwarded-for"] == "203.0.113.9")
        #expect(request.headers["x-real-ip"] == "203.0.113.9")
        #expect(request.headers["forwarded"] == nil)
        #expect(request.headers["x-forwarded-proto"] == "https")
        let logged = #""client":"203.0.113.9","method":"POST","path":"/clicks/""#
        // nginx writes its log after the answer.
        #expect(holds(within: 10_000) { server.accessLog.contains(logged) })
        #expect(!server.accessLog.contains("secret-key"))
    }

    @Test func `While no collector runs an event is refused as 503 with the time to send it again`() throws {
        let server = try WebServer(collector: "127.0.0.1:\(try Service.freePort())")
        let answer = try server.request("/clicks/", json + ["--data", #"{"obj_id":"a"}"#])
        #expect(answer.status == 503)
        #expect(answer.headers["retry-after"] == "5")
        #expect(answer.body == #"{"errors":[{"field":"","message":"events cannot be stored now: send again later"}]}"#)
    }

    @Test func `The outside reaches neither the admin address nor the reason why events cannot be stored`() throws {
        let server = try server()
        for path in ["/metrics", "/v1/sql", "/v1/ledger"] { #expect(try server.request(path).status == 404) }
        #expect(try server.request("/readyz").status == 200)
        #expect(try server.request("/readyz", ["--header", "X-Forwarded-For: 203.0.113.9"]).status == 403)
    }

    @Test func `Plain HTTP leads pages to HTTPS and takes no event`() throws {
        let server = try server()
        let page = try server.plainRequest("/apidocs?x=1")
        #expect(page.status == 301)
        #expect(page.headers["location"] == "https://events.cinema.example/apidocs?x=1")
        #expect(try server.plainRequest("/clicks/", json + ["--data", #"{"obj_id":"a"}"#]).status == 403)
    }
}
