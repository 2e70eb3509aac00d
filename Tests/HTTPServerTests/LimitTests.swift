import HTTPServer
import Testing

@Suite struct LimitTests {
    @Test func `past the connection limit clients wait until one leaves`() throws {
        let test = try TestServer {
            $0.threads = 1
            $0.connectionsMax = 4
        }
        var clients = try (0..<4).map { _ in try test.client() }
        #expect(eventually { test.server.connectionCount == 4 })
        let fifth = try test.client()
        fifth.send(Request.get("/hello"))
        #expect(!fifth.isReadable(within: 100))
        #expect(test.server.connectionCount == 4)
        clients.removeLast()
        #expect(try fifth.reply().text == "hello")
    }

    @Test func `above half the connections none is kept open between requests`() throws {
        let test = try TestServer {
            $0.threads = 1
            $0.connectionsMax = 8
        }
        let few = try (0..<4).map { _ in try test.client() }
        for client in few {
            client.send(Request.get("/hello"))
            #expect(try client.reply().header("Connection") == nil)
        }
        let fifth = try test.client()
        fifth.send(Request.get("/hello"))
        #expect(try fifth.reply().header("Connection") == "close")
        withExtendedLifetime(few) {}
    }

    @Test func `past the memory for bodies requests are refused, and taken again when there is room`() throws {
        let test = try TestServer { $0.bodyBytesInFlightMax = 100_000 }
        let large = try test.client()
        large.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 90000\r\n\r\n")
        large.send([UInt8](repeating: 0x61, count: 80_000))
        #expect(eventually { test.server.bodyBytesInFlight == 80_000 })
        let other = try test.client()
        for _ in 0..<3 {
            other.send(Request.post("/echo", [UInt8](repeating: 0x62, count: 50_000)))
            let reply = try other.reply()
            #expect(reply.status == 503)
            #expect(reply.header("Retry-After") == "1")
            #expect(eventually { test.server.bodyBytesInFlight == 80_000 })
        }
        other.send(Request.post("/echo", [UInt8](repeating: 0x62, count: 10_000)))
        #expect(try other.reply().status == 200)
        large.send([UInt8](repeating: 0x61, count: 10_000))
        #expect(try large.reply().body.count == 90_000)
        #expect(eventually { test.server.bodyBytesInFlight == 0 })
        other.send(Request.post("/echo", [UInt8](repeating: 0x62, count: 50_000)))
        #expect(try other.reply().status == 200)
    }
}
