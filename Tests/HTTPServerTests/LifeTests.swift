import Events
import Glibc
import HTTPServer
import Platform
import Synchronization
import Testing

@Suite struct LifeTests {
    @Test func `draining answers every request that was sent whole, then nobody is left`() throws {
        let test = try TestServer()
        let tallies = Condition((sent: 0, answered: 0, lost: 0))
        let connected = Condition(0)
        let threads = (0..<8).map { number in
            let port = test.port
            return Thread("load \(number)") {
                guard let client = try? SocketClient(port: port) else { return }
                var isFirst = true
                while true {
                    // What could not be sent was not sent whole.
                    guard client.send(Request.post("/later", "\(number)")) else { break }
                    let reply = client.replyOrEnd()
                    tallies.withLock {
                        $0.sent += 1
                        if reply?.text == "\(number)" { $0.answered += 1 } else { $0.lost += 1 }
                    }
                    if isFirst { connected.withLock { $0 += 1 } }
                    connected.broadcast()
                    isFirst = false
                    guard let reply, !reply.closes else { break }
                }
            }
        }
        #expect(connected.wait(atMost: 20_000, until: { $0 == 8 }, then: { $0 == 8 }))
        #expect(test.awaitHandled(500))
        let start = Clock.monotonicMilliseconds()
        test.server.drain(milliseconds: 15_000)
        #expect(Clock.monotonicMilliseconds() - start < 5_000)
        #expect(test.server.connectionCount == 0)
        for thread in threads { thread.join() }
        let (sent, answered, lost) = tallies.withLock { $0 }
        #expect(lost == 0)
        #expect(answered == sent)
        #expect(throws: (any Error).self) { try test.client() }
    }

    @Test func `draining waits for handlers, and for bodies that are coming in`() throws {
        let test = try TestServer()
        let (waiting, sending) = (try test.client(), try test.client())
        waiting.send(Request.post("/never", "waits"))
        sending.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nab")
        let exchange = try #require(test.awaitWaiting(1).first)
        #expect(eventually { test.server.bodyBytesInFlight == 7 })
        let ended = Condition(false)
        let drains = Thread("drains") {
            test.server.drain(milliseconds: 20_000)
            ended.withLock { $0 = true }
        }
        // Draining has begun once nobody can connect any more.
        #expect(eventually { (try? test.client()) == nil })
        sending.send("cd")
        let reply = try sending.reply()
        #expect(reply.text == "abcd")
        #expect(reply.closes)
        #expect(!ended.withLock { $0 })
        exchange.answer(HTTPResponse(.created))
        #expect(try waiting.reply().status == 201)
        drains.join()
        #expect(test.server.connectionCount == 0)
    }

    @Test func `draining closes idle connections, also those that never said anything`() throws {
        let test = try TestServer()
        let (used, silent) = (try test.client(), try test.client())
        used.send(Request.get("/hello"))
        #expect(try used.reply().status == 200)
        #expect(eventually { test.server.connectionCount == 2 })
        let start = Clock.monotonicMilliseconds()
        test.server.drain(milliseconds: 15_000)
        #expect(Clock.monotonicMilliseconds() - start < 5_000)
        #expect(used.endsHere())
        #expect(silent.endsHere())
    }

    @Test func `draining gives up when its time is over`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.post("/never", "waits"))
        #expect(test.awaitWaiting(1).count == 1)
        let start = Clock.monotonicMilliseconds()
        test.server.drain(milliseconds: 200)
        let passed = Clock.monotonicMilliseconds() - start
        #expect(passed >= 200)
        #expect(passed < 5_000)
        #expect(test.server.connectionCount == 1)
        test.server.stop()
        #expect(try client.reply().status == 503)
    }

    @Test func `connections that nobody has accepted yet are drained too`() throws {
        // The loop is held up, so that what connects now stays with the kernel.
        let gate = Condition((entered: 0, open: false))
        let route = HTTPRoute(.get, "/gate") { exchange in
            gate.withLock { $0.entered += 1 }
            gate.broadcast()
            gate.wait(until: { $0.open }) { _ in }
            exchange.answer(HTTPResponse(.ok))
        }
        let test = try TestServer({ $0.threads = 1 }, more: [route])
        let holding = try test.client()
        holding.send(Request.get("/gate"))
        #expect(gate.wait(atMost: 20_000, until: { $0.entered == 1 }, then: { $0.entered == 1 }))
        let clients = try (0..<20).map { _ in try test.client() }
        for client in clients { client.send(Request.get("/hello")) }
        let drains = Thread("drains") { test.server.drain(milliseconds: 20_000) }
        #expect(eventually { test.server.isDraining })
        gate.withLock { $0.open = true }
        gate.broadcast()
        #expect(try holding.reply().status == 200)
        for client in clients { #expect(try client.reply().text == "hello") }
        drains.join()
    }

    @Test func `stopping answers requests that wait, and ends every connection`() throws {
        let test = try TestServer()
        let clients = try (0..<20).map { _ in try test.client() }
        for client in clients { client.send(Request.post("/never", "waits")) }
        let exchanges = test.awaitWaiting(20)
        #expect(exchanges.count == 20)
        test.server.stop()
        for client in clients {
            let reply = try client.reply()
            #expect(reply.status == 503)
            #expect(reply.header("Retry-After") == "5")
            #expect(client.endsHere())
        }
        #expect(test.server.connectionCount == 0)
        // The handlers' answers come too late, and do no harm.
        for exchange in exchanges { #expect(!exchange.answer(HTTPResponse(.created))) }
    }

    @Test func `stopping at any moment of a load does no harm`() throws {
        for round in 0..<30 {
            let test = try TestServer()
            let port = test.port
            let threads = (0..<4).map { number in
                Thread("load \(number)") {
                    guard let client = try? SocketClient(port: port) else { return }
                    // The last one waits until the server is stopped.
                    if number == 3 { client.send(Request.post("/never", "y")) }
                    while client.send(Request.post("/later", "x") + Request.post("/later", "z")),
                        client.replyOrEnd() != nil, client.replyOrEnd() != nil
                    {}
                }
            }
            #expect(test.awaitHandled(4 + 3 * round))
            test.server.stop()
            for thread in threads { thread.join() }
            #expect(test.server.connectionCount == 0)
        }
    }

    @Test func `a client that leaves while its request waits is let go of, and its answer's stream has no reader`()
        throws
    {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.post("/never", "leaves"))
        let exchange = try #require(test.awaitWaiting(1).first)
        client.reset()
        // Whether it is noticed while its loop asks for the answer or after it was suspended is a matter of milliseconds.
        for _ in 0..<100 where test.server.connectionCount > 0 { usleep(1_000) }
        let stream = HTTPBodyStream()
        exchange.answer(HTTPResponse(.ok, contentType: "text/plain", body: .stream(stream)))
        // Where it was suspended, sending shows that nobody is there.
        let block = [UInt8](repeating: 0x61, count: 1_000)
        #expect(
            eventually {
                _ = block.withUnsafeBytes { stream.offer($0) }
                return stream.isAbandoned
            })
        #expect(eventually { test.server.connectionCount == 0 })
        #expect(eventually { test.server.bodyBytesInFlight == 0 })
        // The server goes on.
        let other = try test.client()
        other.send(Request.get("/hello"))
        #expect(try other.reply().text == "hello")
    }

    @Test func `answers that come at once, soon and late all reach their clients`() throws {
        let test = try TestServer()
        let clients = try (0..<40).map { _ in try test.client() }
        for (number, client) in clients.enumerated() { client.send(Request.post("/never", "\(number)")) }
        let exchanges = test.awaitWaiting(clients.count)
        #expect(exchanges.count == clients.count)
        for (place, exchange) in exchanges.enumerated() {
            let text = ByteBuffer(exchange.body.string)
            exchange.answer(HTTPResponse(.ok, contentType: "text/plain", body: .buffer(text)))
            // Past the time for which a loop asks: the later ones are suspended by then.
            if place % 8 == 7 { usleep(10_000) }
        }
        for (number, client) in clients.enumerated() { #expect(try client.reply().text == "\(number)") }
    }

    @Test func `stopping twice is stopping once`() throws {
        let test = try TestServer()
        test.server.stop()
        test.server.stop()
        test.server.drain(milliseconds: 1_000)
        #expect(test.server.connectionCount == 0)
    }
}
