import HTTPServer
import Testing

@Suite struct BodyTests {
    private static let wire = TestServer.wireBytesMax
    private static let decoded = TestServer.decodedBytesMax

    @Test(arguments: [0, 1, 511, 512, 513, 16_384, 65_536, 200_000])
    func `a body arrives as it was sent, with a length or in chunks`(count: Int) throws {
        let test = try TestServer()
        let client = try test.client()
        let body = pattern(count)
        client.send(Request.post("/echo", body))
        #expect(try client.reply().body == body)
        let chunks = stride(from: 0, to: count, by: 7_001).map { Array(body[$0..<min($0 + 7_001, count)]) }
        client.send(Request.chunked("/echo", chunks))
        #expect(try client.reply().body == body)
        #expect(eventually { test.server.bodyBytesInFlight == 0 })
    }

    @Test func `chunk extensions are skipped`() throws {
        let test = try TestServer()
        let client = try test.client()
        let head = "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
        client.send(head + "3;a=b;c=\"d\"\r\none\r\n0003\r\ntwo\r\n0;last\r\n\r\n")
        #expect(try client.reply().text == "onetwo")
    }

    // MARK: Lengths

    @Test func `POST without a length is 411`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\n\r\n")
        let reply = try client.reply()
        #expect(reply.status == 411)
        #expect(reply.closes)
        #expect(client.endsHere())
    }

    @Test(arguments: ["Content-Length: 5\r\n\r\nabcde", "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"])
    func `a body where none is taken is 400`(rest: String) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send("GET /hello HTTP/1.1\r\nHost: test\r\n" + rest)
        #expect(try client.reply().status == 400)
        #expect(client.endsHere())
        #expect(test.handledRequests.isEmpty)
    }

    @Test func `an empty body where none is taken is no fault`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.get("/hello", "Content-Length: 0\r\n"))
        #expect(try client.reply().status == 200)
    }

    @Test(arguments: [1, 5_000_000]) func `a length over the limit is 413, also where the whole body was sent first`(
        over: Int
    ) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.post("/echo", [UInt8](repeating: 0x61, count: BodyTests.wire + over)))
        let reply = try client.reply()
        #expect(reply.status == 413)
        #expect(reply.text.contains("\(BodyTests.wire)"))
        #expect(client.endsHere())
        #expect(test.handledRequests.isEmpty)
    }

    @Test(arguments: [1, 5_000_000]) func `chunks over the limit are 413, also where the whole body was sent first`(
        over: Int
    ) throws {
        let test = try TestServer()
        let client = try test.client()
        let chunk = [UInt8](repeating: 0x61, count: 50_000)
        let count = (BodyTests.wire + over) / chunk.count
        client.send(
            Request.chunked("/echo", Array(repeating: chunk, count: count) + [Array(repeating: 0x61, count: 1)]))
        let reply = try client.reply()
        #expect(reply.status == 413)
        #expect(client.endsHere())
        #expect(test.handledRequests.isEmpty)
        #expect(eventually { test.server.bodyBytesInFlight == 0 })
    }

    @Test func `a body of just the limit is taken, one byte more is not`() throws {
        let test = try TestServer()
        for extra in [0, 1] {
            let client = try test.client()
            client.send(Request.chunked("/echo", [pattern(BodyTests.wire + extra)]))
            #expect(try client.reply().status == (extra == 0 ? 200 : 413))
        }
    }

    // MARK: gzip

    @Test(arguments: ["gzip", "x-gzip", "GZIP"]) func `a compressed body is decoded`(encoding: String) throws {
        let test = try TestServer()
        let client = try test.client()
        let body = Array("a compressed body ".utf8) + pattern(100_000)
        client.send(Request.post("/echo", gzip(body), "Content-Encoding: \(encoding)\r\n"))
        #expect(try client.reply().body == body)
        let pieces = gzip(body)
        let chunks = stride(from: 0, to: pieces.count, by: 1_009).map {
            Array(pieces[$0..<min($0 + 1_009, pieces.count)])
        }
        client.send(Request.chunked("/echo", chunks, "Content-Encoding: \(encoding)\r\n"))
        #expect(try client.reply().body == body)
        #expect(eventually { test.server.bodyBytesInFlight == 0 })
    }

    @Test func `an empty body is compressed too`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.post("/echo", gzip([]), "Content-Encoding: gzip\r\n"))
        let reply = try client.reply()
        #expect(reply.status == 200)
        #expect(reply.body.isEmpty)
    }

    @Test func `identity is no encoding`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.post("/echo", "plain", "Content-Encoding: identity\r\n"))
        #expect(try client.reply().text == "plain")
    }

    @Test func `what decodes to just the limit is taken, one byte more is 413`() throws {
        let test = try TestServer()
        for extra in [0, 1] {
            let client = try test.client()
            let body = [UInt8](repeating: 0x61, count: BodyTests.decoded + extra)
            client.send(Request.post("/echo", gzip(body), "Content-Encoding: gzip\r\n"))
            let reply = try client.reply()
            #expect(reply.status == (extra == 0 ? 200 : 413))
            if extra == 0 { #expect(reply.body == body) }
        }
    }

    @Test func `a bomb costs no more than the limit and is 413`() throws {
        let test = try TestServer()
        let bomb = gzip([UInt8](repeating: 0, count: 32 << 20))
        #expect(bomb.count < BodyTests.wire)
        let client = try test.client()
        client.send(Request.post("/echo", bomb, "Content-Encoding: gzip\r\n"))
        #expect(try client.reply().status == 413)
        #expect(client.endsHere())
        #expect(eventually { test.server.bodyBytesInFlight == 0 })
        #expect(test.handledRequests.isEmpty)
    }

    @Test func `damaged compression is 400`() throws {
        let test = try TestServer()
        let whole = gzip(pattern(10_000))
        var flipped = whole
        flipped[whole.count / 2] ^= 0xFF
        var badSum = whole
        badSum[whole.count - 6] ^= 1
        let bodies = [
            Array(whole.dropLast()), Array(whole.prefix(5)), whole + [0], whole + whole, flipped, badSum,
            Array("not gzip at all".utf8), Array(whole.dropFirst()), [0x1F], [0x78, 0x9C, 0x03, 0x00],
        ]
        for (number, body) in bodies.enumerated() {
            for bytes in [
                Request.post("/echo", body, "Content-Encoding: gzip\r\n"),
                Request.chunked("/echo", body.map { [$0] }, "Content-Encoding: gzip\r\n"),
            ] {
                let client = try test.client()
                client.send(bytes)
                #expect(try client.reply().status == 400, "body \(number)")
                #expect(client.endsHere())
            }
        }
        #expect(test.handledRequests.isEmpty)
        #expect(eventually { test.server.bodyBytesInFlight == 0 })
    }

    @Test(arguments: ["deflate", "br", "zstd", "gzip, gzip", "gzip,", "compress", "gzip;q=1"])
    func `another encoding is 415`(encoding: String) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.post("/echo", "abc", "Content-Encoding: \(encoding)\r\n"))
        #expect(try client.reply().status == 415)
        #expect(test.handledRequests.isEmpty)
    }

    // MARK: Before the body

    @Test func `a client that expects 100-continue gets it, and then its answer`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.reply().status == 100)
        client.send("body")
        #expect(try client.reply().text == "body")
    }

    @Test(arguments: [("/refused", 4, 403), ("/nothing", 4, 404), ("/echo", 1_000_000, 413)])
    func `a client that expects 100-continue is refused without sending its body`(
        path: String, length: Int, status: Int
    ) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send("POST \(path) HTTP/1.1\r\nHost: test\r\nContent-Length: \(length)\r\nExpect: 100-continue\r\n\r\n")
        let reply = try client.reply()
        #expect(reply.status == status)
        #expect(reply.closes)
        #expect(client.endsHere())
    }

    @Test func `a refused request with a small body leaves the connection as it was`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.post("/refused", "small") + Request.post("/nothing", "small") + Request.get("/hello"))
        #expect(try client.reply().status == 403)
        #expect(try client.reply().status == 404)
        #expect(try client.reply().text == "hello")
        #expect(test.handledRequests == ["GET /hello "])
    }

    @Test func `a refusal reaches a client that sends a large body first, and closes`() throws {
        let test = try TestServer()
        for bytes in [
            Request.post("/refused", pattern(200_000)),
            Request.post("/nothing", [UInt8](repeating: 0x61, count: 4_000_000)),
            Request.chunked("/refused", Array(repeating: pattern(50_000), count: 4)),
        ] {
            let client = try test.client()
            client.send(bytes + Array(Request.get("/hello").utf8))
            let status = try client.reply().status
            #expect(status == 403 || status == 404)
            #expect(client.endsHere())
        }
        #expect(test.handledRequests.isEmpty)
    }

    // MARK: Heads

    @Test(arguments: [17_000, 40_000, 200_000]) func `a head over its limit is 431`(count: Int) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.get("/hello", "X: \(String(repeating: "a", count: count))\r\n"))
        #expect(try client.reply().status == 431)
        #expect(client.endsHere())
        #expect(test.handledRequests.isEmpty)
    }

    @Test func `many small fields over the limit are 431`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.get("/hello", String(repeating: "A: b\r\n", count: 4_000)))
        #expect(try client.reply().status == 431)
        #expect(client.endsHere())
    }

    @Test(arguments: [(17_000, 431), (60_000, 414)]) func `a target over the limit is refused`(
        count: Int, status: Int
    ) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(Request.get("/hello?x=" + String(repeating: "a", count: count)))
        #expect(try client.reply().status == status)
        #expect(client.endsHere())
    }
}
