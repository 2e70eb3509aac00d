import Events
import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientTests {
    private func text(_ response: HTTPClientResponse) -> String { response.body.string }

    @Test func `a request carries its method, path, headers and body, and the answer comes back whole`() throws {
        let server = ScriptedServer { _ in .answer(201, headers: ["X-Answer: 42 "], "stored") }
        let client = HTTPClient(timeoutMilliseconds: 10_000)
        let body = ByteBuffer("hello")
        let response = try client.request(
            "POST", server.url + "/v1/events?x=1", headers: [("X-Write-Key", "k"), ("X-Empty", "")], body: body.bytes)
        #expect(response.status == 201)
        #expect(response.header("x-answer") == "42")
        #expect(text(response) == "stored")
        let request = try #require(server.requests.first)
        #expect(request.line == "POST /v1/events?x=1 HTTP/1.1")
        #expect(request.headers["x-write-key"] == "k")
        #expect(request.headers["x-empty"] == "")
        #expect(request.text == "hello")
    }

    @Test func `one client keeps its connection from request to request`() throws {
        let server = ScriptedServer { .answer(200, $0.line) }
        let client = HTTPClient(timeoutMilliseconds: 10_000)
        for number in 0..<20 {
            let body = ByteBuffer("\(number)")
            let response = try client.request(
                number % 2 == 0 ? "POST" : "GET", "\(server.url)/\(number)", body: number % 2 == 0 ? body.bytes : nil)
            #expect(text(response) == "\(number % 2 == 0 ? "POST" : "GET") /\(number) HTTP/1.1")
        }
        #expect(server.connectionCount == 1)
    }

    @Test func `a connection that the server closed is replaced`() throws {
        let server = ScriptedServer { _ in
            .sendAndClose("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        }
        let client = HTTPClient(timeoutMilliseconds: 10_000)
        for _ in 0..<3 { #expect(try client.request("GET", server.url).status == 204) }
        #expect(server.connectionCount == 3)
    }

    @Test func `a body is sent compressed when asked`() throws {
        let server = ScriptedServer { _ in .answer(200) }
        let client = HTTPClient(timeoutMilliseconds: 10_000)
        let body = ByteBuffer(String(repeating: "{\"type\":\"click\"}\n", count: 1000))
        _ = try client.request("POST", server.url, body: body.bytes, gzip: true)
        _ = try client.request("POST", server.url, body: body.bytes, gzip: false)
        let requests = server.requests
        #expect(requests[0].headers["content-encoding"] == "gzip")
        #expect(requests[0].body.count < 1000)
        #expect(try gunzip(requests[0].body) == Array(body.bytes))
        #expect(requests[1].headers["content-encoding"] == nil)
        #expect(requests[1].body == Array(body.bytes))
    }

    @Test func `it speaks over a Unix socket`() throws {
        let path = "/tmp/cinelog-client-\(getpid()).sock"
        defer { unlink(path) }
        let server = ScriptedServer(unixSocket: path) { .answer(200, $0.line) }
        let client = HTTPClient(timeoutMilliseconds: 10_000, unixSocket: path)
        #expect(text(try client.request("GET", "http://collector/metrics")) == "GET /metrics HTTP/1.1")
        #expect(server.connectionCount == 1)
    }

    @Test func `nobody listening is an error that may pass`() {
        let server = ScriptedServer { _ in .answer(200) }
        let url = server.url
        server.stop()
        let path = "/tmp/cinelog-nobody-\(getpid()).sock"
        for client in [
            HTTPClient(timeoutMilliseconds: 10_000, unixSocket: path), HTTPClient(timeoutMilliseconds: 10_000),
        ] {
            let error = #expect(throws: HTTPClientError.self) { try client.request("GET", url) }
            #expect(error?.isRetryable == true)
        }
    }

    @Test func `a server that does not answer costs the timeout and no more`() {
        let server = ScriptedServer { _ in .silence }
        let client = HTTPClient(timeoutMilliseconds: 200)
        let start = Clock.monotonicMilliseconds()
        #expect(throws: HTTPClientError.timedOut(milliseconds: 200)) { try client.request("GET", server.url) }
        let waited = Clock.monotonicMilliseconds() - start
        #expect(waited >= 190 && waited < 10_000)
        server.stop()
    }

    @Test func `an answer longer than the bound is refused, and the client goes on`() throws {
        let server = ScriptedServer {
            $0.line.contains("/long") ? .answer(200, String(repeating: "x", count: 5000)) : .answer(200, "short")
        }
        let client = HTTPClient(timeoutMilliseconds: 10_000, responseBytesMax: 4999)
        #expect(throws: HTTPClientError.responseTooLarge(bytesMax: 4999)) {
            try client.request("GET", server.url + "/long")
        }
        #expect(text(try client.request("GET", server.url + "/short")) == "short")
    }

    @Test func `an answer with endless headers is refused`() {
        let server = ScriptedServer { _ in
            .answer(200, headers: (0..<3000).map { "X-\($0): \(String(repeating: "y", count: 40))" })
        }
        #expect(throws: HTTPClientError.responseTooLarge(bytesMax: 1000)) {
            try HTTPClient(timeoutMilliseconds: 10_000, responseBytesMax: 1000).request("GET", server.url)
        }
    }

    @Test func `redirects are answers, not followed`() throws {
        let server = ScriptedServer { _ in .answer(302, headers: ["Location: /elsewhere"]) }
        let response = try HTTPClient(timeoutMilliseconds: 10_000).request("GET", server.url)
        #expect(response.status == 302)
        #expect(response.header("Location") == "/elsewhere")
        #expect(server.requests.count == 1)
    }

    @Test func `the headers of an interim answer are not the answer's`() throws {
        let server = ScriptedServer { _ in
            .send("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        let body = ByteBuffer("x")
        let response = try HTTPClient(timeoutMilliseconds: 10_000).request("POST", server.url, body: body.bytes)
        #expect(response.status == 200)
        #expect(response.header("X-Interim") == nil)
        #expect(text(response) == "ok")
    }

    @Test func `a HEAD request expects no body`() throws {
        let server = ScriptedServer { _ in .send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n") }
        let response = try HTTPClient(timeoutMilliseconds: 5_000).request("HEAD", server.url)
        #expect(response.status == 200)
        #expect(response.body.count == 0)
    }

    @Test(arguments: [
        ("GET", "file:///etc/passwd", "X", "1"), ("GET", "ftp://127.0.0.1/", "X", "1"),
        ("GET / HTTP/1.1\r\nX: y", "http://127.0.0.1:1", "X", "1"), ("GET", "http://127.0.0.1:1", "X", "1\r\nEvil: 1"),
        ("GET", "http://127.0.0.1:1", "X:", "1"), ("GET", "http://127.0.0.1:1/ HTTP/1.1", "X", "1"),
        ("GET", "", "X", "1"),
    ])
    func `requests that cannot be sent safely are refused`(method: String, url: String, name: String, value: String) {
        let error = #expect(throws: HTTPClientError.self) {
            try HTTPClient(timeoutMilliseconds: 5_000).request(method, url, headers: [(name, value)])
        }
        #expect(error?.isRetryable == false)
    }
}
