import Events
import HTTPServer
import Testing

@Suite struct RoutingTests {
    @Test func `a path leads to its handler, with and without a trailing slash`() throws {
        let test = try TestServer()
        let client = try test.client()
        for path in ["/hello", "/hello/", "/hello?x=1", "/hello/?x=1", "/"] {
            client.send(Request.get(path))
            let reply = try client.reply()
            #expect(reply.status == 200, "\(path)")
            #expect(reply.text == (path == "/" ? "root" : "hello"))
        }
    }

    @Test(arguments: [
        ("/things/known", "known"), ("/things/one", "any /things/one"), ("/things/one/?x=1", "any /things/one"),
        ("/things/knownx", "any /things/knownx"), ("/things/%7Bthing%7D", "any /things/{thing}"),
    ])
    func `a name in braces stands for any one part, a fixed path goes before it`(path: String, text: String) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.get(path))
        let reply = try client.reply()
        #expect(reply.status == 200 && reply.text == text)
    }

    @Test(arguments: [
        "/things", "/things/", "/things/one/two", "/things//", "/nothing", "/hello/there", "/hello//", "//hello",
        "/Hello", "/hell", "/hello.", "/hello%2F%2F", "*",
    ])
    func `another path is 404`(path: String) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.get(path))
        #expect(try client.reply().status == 404)
        #expect(test.handledRequests.isEmpty)
    }

    @Test(arguments: ["GET", "PUT", "DELETE", "PATCH", "HEAD", "PROPFIND", "post", "OPTIONS"])
    func `another method is 405 and Allow names those that are taken`(method: String) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send("\(method) /echo HTTP/1.1\r\nHost: test\r\n\r\n")
        let reply = try client.reply(bodiless: method == "HEAD")
        #expect(reply.status == 405)
        #expect(reply.header("Allow") == "POST")
    }

    @Test func `Allow of a GET path names HEAD too`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send("DELETE /hello HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(try client.reply().header("Allow") == "GET, HEAD")
    }

    @Test func `HEAD answers GET's head and no body, and the connection goes on`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send("HEAD /hello HTTP/1.1\r\nHost: test\r\n\r\n" + Request.get("/hello"))
        let head = try client.reply(bodiless: true)
        #expect(head.status == 200)
        #expect(head.header("Content-Length") == "5")
        #expect(head.header("Content-Type") == "text/plain")
        #expect(try client.reply().text == "hello")
    }

    @Test func `a preflight is answered where the server has words for it, and Allow says so`() throws {
        let test = try TestServer { options in
            options.preflight = { _ in
                var response = HTTPResponse(.noContent)
                response.headers.append(("Access-Control-Allow-Methods", "POST"))
                return response
            }
        }
        let client = try test.client()
        client.send("OPTIONS /echo HTTP/1.1\r\nHost: test\r\nOrigin: https://a.example\r\n\r\n")
        let reply = try client.reply()
        #expect(reply.status == 204)
        #expect(reply.header("Access-Control-Allow-Methods") == "POST")
        client.send("PUT /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
        #expect(try client.reply().header("Allow") == "POST, OPTIONS")
        client.send("OPTIONS /nothing HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(try client.reply().status == 404)
    }

    @Test func `refusals of requests without a body keep the connection`() throws {
        let test = try TestServer()
        let client = try test.client()
        for path in ["/nothing", "/echo", "/nothing"] {
            client.send(Request.get(path))
            let reply = try client.reply()
            #expect(reply.status == (path == "/echo" ? 405 : 404))
            #expect(!reply.closes)
        }
        client.send(Request.get("/hello"))
        #expect(try client.reply().status == 200)
    }

    @Test func `queries are decoded, in their order`() throws {
        let query = HTTPRoute(.get, "/query") { exchange in
            let all = exchange.queryParameters.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
            exchange.answer(HTTPResponse(.ok, body: .buffer(ByteBuffer("\(all) first=\(exchange.query("a") ?? "-")"))))
        }
        let test = try TestServer(more: [query])
        let client = try test.client()
        client.send(Request.get("/query?a=1%202&b=%D0%9A&a=+3&empty=&none"))
        #expect(try client.reply().text == "a=1 2;b=К;a= 3;empty=;none= first=1 2")
    }

    @Test func `headers and cookies are found, whatever the case of a header's name`() throws {
        let route = HTTPRoute(.get, "/seen") { exchange in
            let words = [exchange.header("x-word"), exchange.cookie("token"), exchange.header("X-None")]
            exchange.answer(
                HTTPResponse(.ok, body: .buffer(ByteBuffer(words.map { $0 ?? "-" }.joined(separator: "|")))))
        }
        let test = try TestServer(more: [route])
        let client = try test.client()
        client.send(Request.get("/seen", "X-WORD: a b\r\nCookie: x=1; token=abc.def\r\n"))
        #expect(try client.reply().text == "a b|abc.def|-")
    }
}
