import Events
import Glibc
import HTTPServer
import Platform
import Testing

@Suite struct AnswerTests {
    @Test func `a connection carries many requests`() throws {
        let test = try TestServer()
        let client = try test.client()
        for number in 0..<200 {
            client.send(Request.post(number % 2 == 0 ? "/echo" : "/later", "request \(number)"))
            #expect(try client.reply().text == "request \(number)")
        }
        withExtendedLifetime(client) { #expect(test.server.connectionCount == 1) }
    }

    @Test func `Connection close ends it after the answer`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.get("/hello", "Connection: close\r\n") + Request.get("/hello"))
        let reply = try client.reply()
        #expect(reply.status == 200)
        #expect(reply.closes)
        #expect(client.endsHere())
        #expect(test.handledRequests.count == 1)
    }

    @Test(arguments: ["/echo", "/later"]) func `ten requests in one write get ten answers in their order`(
        path: String
    ) throws {
        let test = try TestServer()
        for round in 0..<20 {
            let client = try test.client()
            client.send((0..<10).map { Request.post(path, "\(round).\($0)") }.joined())
            for number in 0..<10 { #expect(try client.reply().text == "\(round).\(number)") }
        }
    }

    @Test func `answers come from other threads on two hundred connections at once`() throws {
        let test = try TestServer()
        let clients = try (0..<200).map { _ in try test.client() }
        for round in 0..<5 {
            for (number, client) in clients.enumerated() { client.send(Request.post("/later", "\(round) \(number)")) }
            for (number, client) in clients.enumerated() { #expect(try client.reply().text == "\(round) \(number)") }
        }
        withExtendedLifetime(clients) { #expect(test.server.connectionCount == 200) }
    }

    @Test(arguments: [127, 128, 129, 256]) func `connections in step do not hang`(count: Int) throws {
        // libmicrohttpd's own loop waits again when exactly 128 connections are ready.
        let route = HTTPRoute(.post, "/step", body: .limited(wire: 100, decoded: 100)) {
            $0.answer(TestServer.echo($0))
        }
        let test = try TestServer({ $0.threads = 1 }, more: [route])
        let clients = try (0..<count).map { _ in try test.client() }
        for round in 0..<10 {
            for client in clients { client.send(Request.post("/step", "\(round)")) }
            for client in clients { #expect(try client.reply().text == "\(round)") }
        }
    }

    @Test func `answers that race with the suspension are never lost`() throws {
        // Answered by another thread while the handler is still running, or just then.
        let queue = Condition<[HTTPExchange]>([])
        let ended = Condition(false)
        let route = HTTPRoute(.get, "/race") { exchange in
            queue.withLock { $0.append(exchange) }
            queue.signal()
        }
        let test = try TestServer(more: [route])
        let thread = Thread("race") {
            while !ended.withLock({ $0 }) {
                let exchange = queue.wait(atMost: 10, until: { !$0.isEmpty }) { $0.popLast() }
                exchange?.answer(HTTPResponse(.ok))
            }
        }
        let client = try test.client()
        for _ in 0..<3_000 {
            client.send(Request.get("/race"))
            #expect(try client.reply().status == 200)
        }
        ended.withLock { $0 = true }
        thread.join()
    }

    @Test func `the first answer wins`() throws {
        let outcomes = Condition<[Bool]>([])
        let route = HTTPRoute(.get, "/twice") { exchange in
            let first = exchange.answer(HTTPResponse(.created))
            let second = exchange.answer(HTTPResponse(.forbidden))
            outcomes.withLock { $0 = [first, second] }
        }
        let test = try TestServer(more: [route])
        let client = try test.client()
        client.send(Request.get("/twice"))
        #expect(try client.reply().status == 201)
        #expect(outcomes.withLock { $0 } == [true, false])
    }

    @Test func `no header can be smuggled in through a value`() throws {
        let route = HTTPRoute(.get, "/injected") { exchange in
            var response = HTTPResponse(.ok, body: .buffer(ByteBuffer("fine")))
            response.headers = [
                ("X-One", "a\r\nX-Evil: 1"), ("X-Two", "a\nX-Evil: 2"), ("X-Evil: 3\r\nX-Three", "a"), ("X-Good", "b"),
            ]
            exchange.answer(response)
        }
        let test = try TestServer(more: [route])
        let client = try test.client()
        client.send(Request.get("/injected"))
        let reply = try client.reply()
        #expect(reply.text == "fine")
        #expect(reply.header("X-Good") == "b")
        #expect(!reply.headers.contains { $0.name.contains("Evil") })
    }

    @Test func `every answer passes decorate and observe, with its status`() throws {
        let seen = Condition<[String]>([])
        let test = try TestServer { options in
            options.decorate = { $1.headers.append(("X-Path", $0.path)) }
            options.observe = { exchange, status, nanoseconds in
                seen.withLock { $0.append("\(exchange.routePath) \(status) \(nanoseconds > 0)") }
            }
        }
        let client = try test.client()
        client.send(
            Request.get("/hello") + Request.get("/nothing/") + Request.post("/echo", "x") + Request.get("/echo"))
        for path in ["/hello", "/nothing", "/echo", "/echo"] { #expect(try client.reply().header("X-Path") == path) }
        #expect(seen.withLock { $0 } == ["/hello 200 true", " 404 true", "/echo 200 true", "/echo 405 true"])
    }

    @Test(arguments: [10, 4_096, 4_097, 3_000_000]) func `a buffer of any size arrives whole`(count: Int) throws {
        let bytes = pattern(count)
        let route = HTTPRoute(.get, "/bytes") { exchange in
            let body = ByteBuffer(capacity: count)
            bytes.withUnsafeBytes { body.append($0) }
            exchange.answer(HTTPResponse(.ok, body: .buffer(body)))
        }
        let test = try TestServer(more: [route])
        let client = try test.client()
        client.send(Request.get("/bytes") + Request.get("/bytes"))
        for _ in 0..<2 { #expect(try client.reply().body == bytes) }
    }

    // MARK: Clients that leave

    @Test(arguments: [false, true]) func `a client may leave while its request waits`(withReset: Bool) throws {
        let test = try TestServer()
        var clients: [SocketClient] = []
        for _ in 0..<50 {
            let client = try test.client()
            client.send(Request.post("/never", "waits"))
            clients.append(client)
        }
        let waiting = test.awaitWaiting(50)
        #expect(waiting.count == 50)
        if withReset { for client in clients { client.reset() } }
        clients = []
        for exchange in waiting { #expect(exchange.answer(HTTPResponse(.created))) }
        #expect(eventually { test.server.connectionCount == 0 && test.server.bodyBytesInFlight == 0 })
        let client = try test.client()
        client.send(Request.get("/hello"))
        #expect(try client.reply().status == 200)
    }

    @Test(arguments: [false, true]) func `a client may leave in the middle of its body`(withReset: Bool) throws {
        let test = try TestServer()
        var clients: [SocketClient] = []
        for _ in 0..<50 {
            let client = try test.client()
            client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 20000\r\n\r\n")
            client.send([UInt8](repeating: 0x61, count: 10_000))
            clients.append(client)
        }
        #expect(eventually { test.server.bodyBytesInFlight == 500_000 })
        if withReset { for client in clients { client.reset() } }
        clients = []
        #expect(eventually { test.server.connectionCount == 0 && test.server.bodyBytesInFlight == 0 })
        #expect(test.handledRequests.isEmpty)
    }

    @Test(arguments: ["/echo", "/later"]) func `a client that has sent all it has still gets its answer, and the end`(
        path: String
    ) throws {
        let test = try TestServer { $0.requestMilliseconds = 1_000 }
        for _ in 0..<20 {
            let client = try test.client()
            client.send(Request.post(path, "last words"))
            client.finishSending()
            #expect(try client.reply().text == "last words")
            #expect(client.endsHere())
        }
    }

    @Test func `what comes while a request waits is answered after it`() throws {
        let test = try TestServer()
        let client = try test.client()
        for number in 0..<50 {
            client.send(Request.post("/never", "first"))
            let exchange = try #require(test.awaitWaiting(1).first)
            client.send(Request.post("/echo", "second \(number)"))
            client.letServerRead()
            exchange.answer(HTTPResponse(.created))
            #expect(try client.reply().status == 201)
            #expect(try client.reply().text == "second \(number)")
        }
    }
}
