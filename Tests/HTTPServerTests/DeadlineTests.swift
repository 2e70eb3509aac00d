import Events
import HTTPServer
import Platform
import Testing

@Suite struct DeadlineTests {
    private static let limitMilliseconds = 300
    /// With the sweeper's steps, and a busy machine.
    private static let lateMilliseconds: UInt64 = 5_000

    private func server() throws -> TestServer {
        try TestServer {
            $0.requestMilliseconds = DeadlineTests.limitMilliseconds
            $0.answerMilliseconds = DeadlineTests.limitMilliseconds
        }
    }

    /// Sends byte after byte until the server says something or ends the connection.
    private func drip(_ bytes: [UInt8], _ client: SocketClient) -> UInt64 {
        let start = Clock.monotonicMilliseconds()
        for byte in bytes {
            guard client.send([byte]), !client.isReadable(within: 10) else { break }
        }
        _ = client.isReadable(within: 20_000)
        return Clock.monotonicMilliseconds() - start
    }

    private func expectTooSlow(_ client: SocketClient, after milliseconds: UInt64) throws {
        let reply = try client.reply()
        #expect(reply.status == 408)
        #expect(reply.closes)
        #expect(reply.isWhole)
        #expect(client.endsHere())
        #expect(milliseconds >= UInt64(DeadlineTests.limitMilliseconds) - 110)
        #expect(milliseconds < DeadlineTests.lateMilliseconds)
    }

    @Test(arguments: [
        String(repeating: "G", count: 2_000),
        "GET /hello HTTP/1.1\r\nHost: test\r\nX: " + String(repeating: "x", count: 2_000),
        "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 9000\r\n\r\n" + String(repeating: "x", count: 2_000),
        "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
            + String(repeating: "1\r\nx\r\n", count: 400),
        "POST /refused HTTP/1.1\r\nHost: test\r\nContent-Length: 9000\r\n\r\n" + String(repeating: "x", count: 2_000),
    ])
    func `a request that drips is cut at its total deadline and told so`(bytes: String) throws {
        let test = try server()
        let client = try test.client()
        try expectTooSlow(client, after: drip(Array(bytes.utf8), client))
        #expect(test.handledRequests.isEmpty)
        #expect(eventually { test.server.connectionCount == 0 && test.server.bodyBytesInFlight == 0 })
    }

    @Test(arguments: ["GET /hel", "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nhalf"])
    func `a request that stops halfway is cut too`(half: String) throws {
        let test = try server()
        let client = try test.client()
        client.send(half)
        let start = Clock.monotonicMilliseconds()
        _ = client.isReadable(within: 20_000)
        try expectTooSlow(client, after: Clock.monotonicMilliseconds() - start)
    }

    @Test func `a kept connection that drips its next request is cut at the request's deadline, not at the idle one`()
        throws
    {
        let test = try server()
        let client = try test.client()
        client.send(Request.get("/hello"))
        #expect(try client.reply().status == 200)
        // The sweeper must see it idle first, or it is only cut by a later byte: the drip goes on long enough.
        let milliseconds = drip(Array(String(repeating: "G", count: 2_000).utf8), client)
        try expectTooSlow(client, after: milliseconds)
    }

    @Test func `a kept connection may be quiet between requests, and is ended when it is idle for too long`() throws {
        let test = try TestServer {
            $0.requestMilliseconds = 150
            $0.idleMilliseconds = 600
        }
        let client = try test.client()
        client.send(Request.get("/hello"))
        #expect(try client.reply().status == 200)
        // Longer than a request may take.
        #expect(!client.isReadable(within: 350))
        client.send(Request.get("/hello"))
        #expect(try client.reply().status == 200)
        let start = Clock.monotonicMilliseconds()
        #expect(client.endsHere())
        #expect(Clock.monotonicMilliseconds() - start >= 500)
        #expect(eventually { test.server.connectionCount == 0 })
    }

    @Test func `who connects and says nothing is let go without a word`() throws {
        let test = try server()
        let client = try test.client()
        #expect(client.endsHere())
        #expect(eventually { test.server.connectionCount == 0 })
    }

    @Test func `a handler that never answers is answered for, once`() throws {
        let test = try server()
        let client = try test.client()
        client.send(Request.post("/never", "waits") + Request.get("/hello"))
        let exchange = try #require(test.awaitWaiting(1).first)
        let reply = try client.reply()
        #expect(reply.status == 503)
        #expect(reply.header("Retry-After") == "1")
        #expect(!exchange.answer(HTTPResponse(.created)))
        #expect(try client.reply().text == "hello")
    }

    @Test func `an answer's deadline runs from the whole request, not from its beginning`() throws {
        let test = try TestServer {
            $0.requestMilliseconds = 10_000
            $0.answerMilliseconds = 200
        }
        let client = try test.client()
        client.send("POST /later HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nab")
        #expect(!client.isReadable(within: 400))
        client.send("cd")
        #expect(try client.reply().text == "abcd")
    }

    @Test func `a client that does not read its answer is cut off`() throws {
        let route = HTTPRoute(.get, "/large") { exchange in
            let body = ByteBuffer(capacity: 32 << 20)
            body.appendUnsafe(32 << 20) { _ in 32 << 20 }
            exchange.answer(HTTPResponse(.ok, body: .buffer(body)))
        }
        let test = try TestServer({ $0.sendMilliseconds = 300 }, more: [route])
        let client = try SocketClient(port: test.port, receiveBufferBytes: 4_096)
        client.send(Request.get("/large"))
        #expect(client.isReadable(within: 20_000))
        #expect(eventually { test.server.connectionCount == 0 })
        #expect(try !client.reply().isWhole)
    }
}
