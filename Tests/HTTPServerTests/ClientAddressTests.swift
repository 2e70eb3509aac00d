import Events
import HTTPServer
import Testing

@Suite struct ClientAddressTests {
    private static let who = HTTPRoute(.get, "/who") { exchange in
        let text = exchange.clientAddress.map { "\($0.high) \($0.low)" } ?? "nobody"
        exchange.answer(HTTPResponse(.ok, contentType: "text/plain", body: .buffer(ByteBuffer(text))))
    }

    /// Whom a request is taken to come from: of this machine, where not told otherwise.
    private func client(_ forwarded: [String], trusted: [String], at host: String = "127.0.0.1") throws
        -> NetworkAddress?
    {
        let test = try TestServer(
            {
                $0.address = .tcp(host: host, port: 0)
                $0.trustedProxies = TrustedProxies(trusted.map { NetworkBlock($0)! })
            }, more: [ClientAddressTests.who])
        let client = try test.client()
        client.send(Request.get("/who", forwarded.map { "X-Forwarded-For: \($0)\r\n" }.joined()))
        let words = try client.reply().text.split(separator: " ").compactMap { UInt64($0) }
        return words.count == 2 ? NetworkAddress(high: words[0], low: words[1]) : nil
    }

    private static let here = "127.0.0.1"

    // MARK: Whose word is taken

    @Test func `without trusted proxies the connection's own address counts, whatever a header says`() throws {
        #expect(try client([], trusted: []) == NetworkAddress(ClientAddressTests.here))
        #expect(try client(["203.0.113.9"], trusted: []) == NetworkAddress(ClientAddressTests.here))
        #expect(try client(["203.0.113.9"], trusted: ["10.0.0.0/8", "::1"]) == NetworkAddress(ClientAddressTests.here))
    }

    /// What the header's lines say, and whom they make the client when 127.0.0.1 and 10.0.0.0/8 are proxies.
    static let lines: [(lines: [String], client: String)] = [
        ([], here), (["203.0.113.9"], "203.0.113.9"),
        // The proxy's own word is the last: what the client wrote before it is not believed.
        (["198.51.100.1, 203.0.113.9"], "203.0.113.9"), (["127.0.0.1,203.0.113.9"], "203.0.113.9"),
        (["10.0.0.1, 10.0.0.2, 203.0.113.9"], "203.0.113.9"), (["198.51.100.1\t,\t 203.0.113.9 \t"], "203.0.113.9"),
        // Past proxies, to the first that is none.
        (["203.0.113.9, 10.0.0.2"], "203.0.113.9"), (["198.51.100.1, 203.0.113.9, 10.0.0.2, 10.9.9.9"], "203.0.113.9"),
        // Several lines are one list.
        (["198.51.100.1", "203.0.113.9"], "203.0.113.9"), (["203.0.113.9", "10.0.0.2"], "203.0.113.9"),
        (["198.51.100.1, 203.0.113.9", "10.0.0.2", "10.0.0.3"], "203.0.113.9"),
        // Proxies only: who was told of first.
        (["10.0.0.2, 10.0.0.3"], "10.0.0.2"), (["10.0.0.2", "10.0.0.3"], "10.0.0.2"),
        // Garbage ends what is known; what stands before it is not believed either.
        (["203.0.113.9, unknown"], here), (["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"), (["203.0.113.9,"], here),
        (["203.0.113.9", "unknown"], here), (["203.0.113.9", "unknown", "10.0.0.2"], "10.0.0.2"),
        (["203.0.113.9,,10.0.0.2"], "10.0.0.2"), (["_hidden"], here), (["203.0.113.999"], here),
        (["203.0.113.9.1"], here),
        (["203.0.113"], here), (["0xCB007109"], here), (["3405803785"], here), (["203.0.113.09x"], here),
        (["203.0.113.9 198.51.100.1"], here), (["\"203.0.113.9\""], here), (["for=203.0.113.9"], here),
        (["203.0.113.9;10.0.0.2"], here), (["localhost"], here), (["-1"], here), (["::1::"], here),
        (["fe80::1%eth0"], here), ([String(repeating: "1", count: 8_000)], here),
        ([String(repeating: ",", count: 8_000)], here),
        ([String(repeating: "10.0.0.2,", count: 900) + "10.0.0.2"], "10.0.0.2"),
        // Ports and brackets.
        (["203.0.113.9:443"], "203.0.113.9"), (["203.0.113.9:65535, 10.0.0.2:1"], "203.0.113.9"),
        (["203.0.113.9:"], here), (["203.0.113.9:http"], here), (["203.0.113.9:123456"], here),
        (["[203.0.113.9]"], here),
        (["[203.0.113.9]:443"], here), (["[2001:db8::9]"], "2001:db8::9"), (["[2001:db8::9]:443"], "2001:db8::9"),
        (["[2001:db8::9]443"], here), (["[2001:db8::9"], here), (["2001:db8::9]"], here), (["[]"], here),
        (["[]:1"], here),
        (["[2001:db8::9]:"], here),
        // IPv6, in any of its spellings.
        (["2001:db8::9"], "2001:db8::9"), (["2001:DB8:0:0:0:0:0:9"], "2001:db8::9"),
        (["2001:db8::9, 10.0.0.2"], "2001:db8::9"),
        (["::ffff:203.0.113.9"], "203.0.113.9"), (["203.0.113.9, ::ffff:10.0.0.2"], "203.0.113.9"),
        (["[::ffff:203.0.113.9]:80"], "203.0.113.9"),
    ]

    @Test(arguments: lines)
    func `a proxy is believed about whoever connected to it, and nobody about himself`(
        lines: [String], client expected: String
    )
        throws
    {
        let client = try client(lines, trusted: ["127.0.0.1", "10.0.0.0/8"])
        #expect(client != nil)
        #expect(client == NetworkAddress(expected), "\(lines)")
    }

    /// Parts of made-up headers, and what each is: an address, or nothing.
    static let parts: [(text: String, address: String?)] = [
        ("203.0.113.9", "203.0.113.9"), ("198.51.100.1:80", "198.51.100.1"), ("[2001:db8::9]:1", "2001:db8::9"),
        ("10.0.0.2", "10.0.0.2"), ("10.9.9.9:443", "10.9.9.9"), (" ::ffff:10.0.0.7\t", "10.0.0.7"),
        ("127.0.0.1", "127.0.0.1"),
        ("unknown", nil), ("", nil), (" ", nil), ("10.0.0", nil), ("[10.0.0.2]", nil),
    ]

    /// Read from its end by another hand: past proxies, to the first that is none, or to garbage.
    private func expected(_ entries: [String?]) -> NetworkAddress? {
        var client = NetworkAddress(ClientAddressTests.here)
        for entry in entries.reversed() {
            guard let entry, let address = NetworkAddress(entry) else { return client }
            client = address
            guard entry.hasPrefix("10.") || entry == ClientAddressTests.here else { return client }
        }
        return client
    }

    @Test func `made-up headers of any parts and lines are read as one list`() throws {
        let test = try TestServer(
            { $0.trustedProxies = TrustedProxies(["127.0.0.1", "10.0.0.0/8"].map { NetworkBlock($0)! }) },
            more: [ClientAddressTests.who])
        let client = try test.client()
        for _ in 0..<2_000 {
            let lines = (0..<Int.random(in: 0...3)).map { _ in
                (0..<Int.random(in: 1...5)).map { _ in ClientAddressTests.parts.randomElement()! }
            }
            let header = lines.map { "X-Forwarded-For: " + $0.map(\.text).joined(separator: ",") + "\r\n" }.joined()
            client.send(Request.get("/who", header))
            let sender = try #require(expected(lines.flatMap { $0.map(\.address) }))
            #expect(try client.reply().text == "\(sender.high) \(sender.low)", "\(header)")
        }
    }

    @Test func `the header's name is found in any case, and no other header counts`() throws {
        let test = try TestServer(
            { $0.trustedProxies = TrustedProxies([NetworkBlock("127.0.0.0/8")!]) }, more: [ClientAddressTests.who])
        let client = try test.client()
        let expected = try #require(NetworkAddress("203.0.113.9"))
        client.send(
            Request.get(
                "/who", "x-FORWARDED-for: 203.0.113.9\r\nX-Real-IP: 198.51.100.1\r\nForwarded: for=198.51.100.2\r\n"))
        #expect(try client.reply().text == "\(expected.high) \(expected.low)")
    }

    @Test func `an IPv4 client is the same one on a socket of both families`() throws {
        let both = try TestServer(
            { $0.address = .tcp(host: "::", port: 0) }, more: [ClientAddressTests.who])
        let client = try both.client()
        client.send(Request.get("/who"))
        let expected = try #require(NetworkAddress(ClientAddressTests.here))
        #expect(try client.reply().text == "\(expected.high) \(expected.low)")
    }

    // MARK: Addresses and blocks

    @Test func `an IPv6 customer is one client, and an IPv4 address is`() throws {
        func client(_ text: String) -> NetworkAddress? { NetworkAddress(text)?.client }
        #expect(client("2001:db8:1:2:3:4:5:6") == client("2001:db8:1:2::"))
        #expect(client("2001:db8:1:2:3:4:5:6") != client("2001:db8:1:3:3:4:5:6"))
        #expect(client("203.0.113.9") != client("203.0.113.8"))
        #expect(client("203.0.113.9") == NetworkAddress("::ffff:203.0.113.9"))
        #expect(client("::1") != client("127.0.0.1"))
    }

    static let blocks: [(block: String, inside: [String], outside: [String])] = [
        (
            "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
            ["9.255.255.255", "11.0.0.0", "::10.1.2.3"]
        ),
        ("192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8"]), ("192.0.2.0/31", ["192.0.2.1"], ["192.0.2.2"]),
        ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::1", "::"]), ("::/0", ["::", "ffff::", "10.1.2.3"], []),
        ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"], ["2001:db9::", "2001:db7:ffff::"]),
        ("2001:db8::/64", ["2001:db8::ffff:0:0:1"], ["2001:db8:0:1::"]),
        ("2001:db8::/65", ["2001:db8::7fff:0:0:1"], ["2001:db8::8000:0:0:0"]), ("::1", ["::1"], ["::", "::2"]),
    ]

    @Test(arguments: blocks) func `a block holds what begins as it does`(
        block: String, inside: [String], outside: [String]
    ) throws {
        let parsed = try #require(NetworkBlock(block))
        for text in inside { #expect(parsed.contains(try #require(NetworkAddress(text))), "\(text)") }
        for text in outside { #expect(!parsed.contains(try #require(NetworkAddress(text))), "\(text)") }
    }
}
