import Events
import Glibc
import HTTPServer
import Testing

@Suite struct FramingTests {
    private static let smuggled = Array("GET /hello HTTP/1.1\r\nHost: test\r\n\r\n".utf8)

    @Test func `the corpus is whole`() {
        #expect(FramingCase.all.count >= 200)
        #expect(Set(FramingCase.all.map(\.name)).count == FramingCase.all.count)
        #expect(Set(FramingCase.all.map(\.bytes)).count == FramingCase.all.count)
    }

    @Test(arguments: FramingCase.all)
    func `an ambiguous request is refused, its connection closed, and what follows it is never handled`(
        _ bad: FramingCase
    ) throws {
        let test = try TestServer()
        let client = try test.client()
        client.send(bad.bytes + FramingTests.smuggled)
        // Some of them would otherwise wait for more.
        client.finishSending()
        expectRefused(bad, client)
        #expect(test.handledRequests.isEmpty)
    }

    private func expectRefused(_ bad: FramingCase, _ client: SocketClient, cutAt place: Int = 0) {
        let reply = client.replyOrEnd()
        let rest = String(decoding: client.remainder(), as: UTF8.self)
        switch bad.end {
        case .status(let status):
            #expect(reply?.status == status, "cut at \(place)")
            #expect(rest == "", "cut at \(place)")
        case .doubled(let status):
            #expect(reply?.status == status, "cut at \(place)")
            #expect(!rest.contains("200 OK"), "cut at \(place)")
        case .silent:
            #expect(reply == nil, "cut at \(place)")
            #expect(rest == "", "cut at \(place)")
        }
    }

    @Test(arguments: FramingCase.all.filter(\.isPure))
    func `the guard alone finds what the fields show`(_ bad: FramingCase) {
        #expect(FramingTests.verdict(bad.fields, isHTTP11: bad.isHTTP11) != nil)
    }

    @Test(arguments: [
        "Host: test\r\n", "Host: test:8080\r\nContent-Length: 5\r\n",
        "host: [::1]:80\r\nTRANSFER-ENCODING: Chunked\r\n",
        "Host: xn--80ak6aa92e.example\r\nContent-Length: 0\r\nX-Empty: \r\nCookie: a=b; c=d\r\n",
        "Host: test\r\nX: \u{43A}\u{438}\u{43D}\u{43E}\ttab\r\nContent-Length: 007\r\n",
    ])
    func `the guard takes what is clear`(fields: String) {
        #expect(FramingTests.verdict(Array(fields.utf8).split(by: [13, 10]), isHTTP11: true) == nil)
    }

    @Test func `HTTP 1.0 needs no Host`() throws {
        #expect(FramingTests.verdict([Array("Content-Length: 5".utf8)], isHTTP11: false) == nil)
        let test = try TestServer()
        let client = try test.client()
        client.send("POST /echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi")
        let reply = try client.reply()
        #expect(reply.status == 200)
        #expect(reply.text == "hi")
        #expect(client.endsHere())
    }

    /// Names and values as libmicrohttpd hands them over.
    private static func verdict(_ fields: [[UInt8]], isHTTP11: Bool) -> String? {
        var framing = FramingGuard()
        for bytes in fields {
            let colon = bytes.firstIndex(of: 0x3A) ?? bytes.count
            let value = bytes[min(colon + 1, bytes.count)...].drop { $0 == 0x20 || $0 == 0x09 }
            bytes[..<colon].withUnsafeBytes { name in
                value.withUnsafeBytes { framing.add(name: name, value: $0) }
            }
        }
        return framing.verdict(isHTTP11: isHTTP11)
    }

    // MARK: In two pieces

    @Test(arguments: FramingCase.all)
    func `where the pieces of an ambiguous request end does not matter`(_ bad: FramingCase) throws {
        let test = try TestServer()
        let bytes = bad.bytes + FramingTests.smuggled
        for place in 1..<bad.bytes.count {
            let client = try test.client()
            client.send(Array(bytes[..<place]))
            client.letServerRead()
            client.send(Array(bytes[place...]))
            client.finishSending()
            expectRefused(bad, client, cutAt: place)
        }
        #expect(test.handledRequests.isEmpty)
    }

    @Test func `where the pieces of two good requests end does not matter`() throws {
        let test = try TestServer()
        let bytes =
            Request.chunked("/echo", [Array("one".utf8), Array("two".utf8)], "X: y \r\nCookie: a=b\r\n")
            + Array(Request.post("/echo", "second").utf8)
        for place in 1..<bytes.count {
            let client = try test.client()
            client.send(Array(bytes[..<place]))
            client.letServerRead()
            client.send(Array(bytes[place...]))
            #expect(try client.reply().text == "onetwo", "cut at \(place)")
            #expect(try client.reply().text == "second", "cut at \(place)")
        }
    }

    @Test func `two good requests may come byte by byte`() throws {
        let test = try TestServer()
        let client = try test.client()
        for byte in Request.chunked("/echo", [Array("one".utf8)]) + Array(Request.get("/hello").utf8) {
            client.send([byte])
            client.letServerRead()
        }
        #expect(try client.reply().text == "one")
        #expect(try client.reply().text == "hello")
    }

    @Test func `empty lines before a request are no fault`() throws {
        let test = try TestServer()
        let client = try test.client()
        client.send("\r\n\r\n" + Request.get("/hello") + "\r\n" + Request.get("/hello"))
        #expect(try client.reply().status == 200)
        #expect(try client.reply().status == 200)
    }

    @Test func `a head of many fields just under the limit is taken, whatever its pieces`() throws {
        let test = try TestServer()
        let fields = (0..<150).map { "X-Field-\($0): \(String(repeating: "v", count: 60))\r\n" }.joined()
        let client = try test.client()
        let bytes = Array(Request.post("/echo", "body", fields).utf8)
        for start in stride(from: 0, to: bytes.count, by: 997) {
            client.send(Array(bytes[start..<min(start + 997, bytes.count)]))
            client.letServerRead()
        }
        #expect(try client.reply().text == "body")
    }
}
