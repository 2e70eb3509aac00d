import Collector
import EventLog
import Events
import Glibc
import HTTPClient
import Platform
import Schemas
import TestSupport
import Testing

@Suite struct TailTests {
    private static let user = "018f3c52-5d7e-7a44-9c3b-1f2e3d4c5b6a"

    private func listener(_ test: TestCollector, _ query: String = "") throws -> LiveReader {
        let reader = try LiveReader(test.folder + "/private.sock", "/tail" + query)
        try #require(reader.reads { $0.text.contains("\r\n\r\n: what") }, "\(reader.text)")
        return reader
    }

    // MARK: What is told

    @Test func `A good and a bad event are told within a second, the bad one with field, reason and payload`() throws {
        let test = try TestCollector(ScriptedLog())
        let reader = try listener(test)
        #expect(reader.text.contains("Content-Type: text/event-stream"))
        #expect(try test.post("/clicks/", Sample.click).status == 201)
        #expect(try test.post("/clicks/", #"{"obj_id":7}"#).status == 422)
        #expect(reader.reads(within: 1000) { $0.data("accepted").count == 1 && $0.data("rejected").count == 1 })
        let (good, bad) = (reader.data("accepted").first ?? "", reader.data("rejected").first ?? "")
        #expect(good.hasPrefix(#"{"kind":"click","key":null,"event":{"event_id":""#))
        #expect(good.hasSuffix(#""obj_id":"button#play"}}"#), "\(good)")
        #expect(bad.hasPrefix(#"{"status":422,"key":null,"kind":"click","#))
        #expect(bad.contains(#""field":"obj_id""#) && bad.contains(#""payload":"{\"obj_id\":7}""#), "\(bad)")
    }

    @Test func `Each way in is told of: batch, lines, pixel; a check without storing is not`() throws {
        let test = try TestCollector(ScriptedLog())
        let reader = try listener(test)
        #expect(try test.post("/v1/validate", "[\(Sample.typedClick),{}]").status == 207)
        #expect(try test.post("/v1/validate", "nonsense", type: "image/png").status == 415)
        #expect(try test.post("/v1/events", "[\(Sample.typedClick),{\"type\":\"page\"}]").status == 207)
        #expect(
            try test.post("/v1/events", "\(Sample.typedClick)\nnonsense", type: "application/x-ndjson").status == 207)
        #expect(try test.send("GET", "/v1/pixel.gif?type=click&obj_id=in-a-mail").status == 200)
        #expect(try test.send("GET", "/v1/pixel.gif?type=click").status == 422)
        #expect(try test.post("/v1/events", "[]").status == 422)
        #expect(reader.reads { $0.data("rejected").count == 4 && $0.data("accepted").count == 3 }, "\(reader.text)")
        #expect(reader.text.contains("in-a-mail"))
        #expect(reader.data("rejected")[0].contains(#""kind":"page""#))
    }

    @Test func `An event that does not fit its schema is told with its faults, alone where only such are asked for`()
        throws
    {
        let schemas = temporaryFolder()
        defer { try? FileTree.remove(schemas) }
        try Folder.make(schemas + "/seen")
        try SmallFile.write(#"{"required":["b"]}"#, to: schemas + "/seen/1.json")
        let registry = SchemaRegistry(folder: schemas, logger: Logger(source: "test", level: .error))
        let test = try TestCollector(ScriptedLog()) { $0.options.schemas = registry }
        let (all, warned) = (try listener(test), try listener(test, "?outcome=warned"))
        let (good, bad) = (#"{"name":"seen","information":{"b":1}}"#, #"{"name":"seen","information":{"a":1}}"#)
        #expect(try test.post("/custom_events/", good).status == 201)
        #expect(try test.post("/custom_events/", bad).status == 201)
        #expect(try test.post("/clicks/", #"{"obj_id":7}"#).status == 422)
        let batch = [good, bad].map { #"{"type":"custom","# + $0.dropFirst() }.joined(separator: ",")
        #expect(try test.post("/v1/events", "[\(batch),\(Sample.typedClick)]").status == 201)
        let pixel = "/v1/pixel.gif?type=custom&name=seen&information=%7B%22a%22%3A1%7D"
        #expect(try test.send("GET", pixel).status == 200)
        #expect(all.reads { $0.data("accepted").count == 6 && $0.data("rejected").count == 1 }, "\(all.text)")
        #expect(warned.reads { $0.data("accepted").count == 3 }, "\(warned.text)")
        let fault = #","warnings":[{"field":"information.b","message":"is required"}]}"#
        #expect(warned.data("accepted").allSatisfy { $0.contains(#""information":{"a":1}"#) && $0.hasSuffix(fault) })
        #expect(warned.data("rejected").isEmpty)
        #expect(all.data("accepted").filter { $0.contains("warnings") }.count == 3)
    }

    @Test func `A request that is refused at its head, or cannot be stored, is told with its status and no body`()
        throws
    {
        let log = ScriptedLog()
        let test = try TestCollector(log) { $0.keys = WriteKeys(["right-key-of-the-web"]) }
        let reader = try listener(test)
        let right = [("X-Write-Key", "right-key-of-the-web")]
        #expect(try test.post("/clicks/", Sample.click, [("X-Write-Key", "wrong-key-of-somebody")]).status == 403)
        #expect(try test.post("/clicks/", "{}", type: "text/html", right).status == 415)
        log.become(.refuse(.full))
        #expect(try test.post("/clicks/", Sample.click, right).status == 503)
        #expect(try test.post("/v1/events", "[\(Sample.typedClick)]", right).status == 503)
        #expect(reader.reads { $0.data("rejected").count == 4 })
        let told = reader.data("rejected")
        let starts = zip([403, 415, 503, 503], ["wron…", "righ…", "righ…", "righ…"])
        for (line, (status, key)) in zip(told, starts) {
            #expect(
                line.hasPrefix(#"{"status":\#(status),"key":"\#(key)""#) && line.hasSuffix(#""payload":""}"#), "\(line)"
            )
        }
        #expect(reader.data("accepted").isEmpty)
        for secret in ["key-of", "web", "somebody"] { #expect(!reader.text.contains(secret)) }
    }

    @Test func `No secret of a request is told`() throws {
        let verifier = try TokenVerifier(publicKeyPEM: SigningKey.p256.publicPEM)
        let token = SigningKey.p256.token(
            header: #"{"alg":"ES256"}"#, payload: #"{"sub":"\#(Self.user)","exp":4000000000}"#)
        let test = try TestCollector(ScriptedLog()) {
            $0.tokens = verifier
            $0.options.anonymousEvents = true
        }
        let reader = try listener(test)
        let headers = [
            ("Authorization", "Bearer " + token), ("X-Write-Key", "canary-key-0123456789"),
            ("Cookie", "s=canary-cookie"),
            ("User-Agent", "canary-agent"), ("Referer", "https://cinema.example/?canary"),
        ]
        #expect(try test.post("/clicks/?key=canary-key&x=canary-query", Sample.click, headers).status == 201)
        #expect(try test.post("/clicks/", "{}", headers).status == 422)
        #expect(try test.post("/clicks/", "{}", [("Authorization", "Bearer " + token + "x")]).status == 401)
        #expect(try test.send("GET", "/v1/pixel.gif?type=click&key=canary-key-0123456789").status == 422)
        #expect(reader.reads { $0.data("rejected").count == 3 && $0.data("accepted").count == 1 })
        #expect(reader.data("accepted").allSatisfy { $0.contains(Self.user) && $0.contains(#""key":"cana…""#) })
        for secret in ["canary", token] + token.split(separator: ".").map(String.init) {
            #expect(!reader.text.contains(secret), "\(secret)")
        }
    }

    @Test func `A long event is told by its head, a long refused one by its beginning`() throws {
        let test = try TestCollector(ScriptedLog())
        let reader = try listener(test)
        let information = (0..<9).map { "\"a\($0)\":\"\(String(repeating: "x", count: 1_000))\"" }.joined(
            separator: ",")
        #expect(try test.post("/custom_events/", "{\"information\":{\(information)}}").status == 201)
        #expect(try test.post("/custom_events/", "{\"obj_id\":{\(information)}}").status == 422)
        #expect(reader.reads { $0.data("accepted").count == 1 && $0.data("rejected").count == 1 })
        let good = reader.data("accepted")[0]
        #expect(good.utf8.count < 300 && good.contains(#""bytes":9"#), "\(good)")
        let bad = reader.data("rejected")[0]
        #expect(bad.utf8.count < 10_000 && bad.contains("only the first 8192 bytes are kept"))
    }

    // MARK: Filters

    @Test func `Filters let through what they say, and are checked`() throws {
        let verifier = try TokenVerifier(publicKeyPEM: SigningKey.p256.publicPEM)
        let token = SigningKey.p256.token(
            header: #"{"alg":"ES256"}"#, payload: #"{"sub":"\#(Self.user)","exp":4000000000}"#)
        let test = try TestCollector(ScriptedLog()) {
            $0.tokens = verifier
            $0.options.anonymousEvents = true
        }
        let all = try listener(test)
        let queries = [
            "?outcome=rejected", "?outcome=accepted", "?kind=page", "?user=\(Self.user.uppercased())",
            "?device=a%20%22b%22",
            "?key=key-of-mobile-apps", "?key=key-%E2%80%A6&kind=click",
        ]
        let readers = try queries.map { try listener(test, $0) }
        let user = [("Authorization", "Bearer " + token)]
        #expect(try test.post("/clicks/", #"{"obj_id":"1"}"#, user).status == 201)
        #expect(try test.post("/clicks/", #"{"obj_id":"2","anonymous_id":"a \"b\""}"#).status == 201)
        #expect(
            try test.post(
                "/clicks/", #"{"obj_id":"3","anonymous_id":"a \"b\"c"}"#, [("X-Write-Key", "key-of-mobile-apps")]
            ).status == 201)
        #expect(try test.post("/pages/", #"{"url":"/4","duration":1,"session_id":"a \"b\""}"#).status == 201)
        #expect(try test.post("/pages/", #"{"url":"/5","anonymous_id":"a \"b\""}"#, user).status == 422)
        #expect(all.reads { $0.data("accepted").count == 4 && $0.data("rejected").count == 1 })
        let expected = [[0, 1], [4, 0], [1, 1], [1, 1], [1, 1], [1, 0], [1, 0]]
        for ((reader, query), counts) in zip(zip(readers, queries), expected) {
            #expect(
                reader.reads { [$0.data("accepted").count, $0.data("rejected").count] == counts },
                "\(query): \(reader.text)")
            #expect(
                !reader.reads(within: 20) {
                    $0.data("accepted").count + $0.data("rejected").count > counts[0] + counts[1]
                })
        }
        for (query, field) in [
            ("?kind=films", "kind"), ("?user=me", "user"), ("?outcome=odd", "outcome"), ("?since=1", "since"),
        ] {
            let refused = try LiveReader(test.folder + "/private.sock", "/tail" + query)
            #expect(
                refused.reads { $0.text.contains("\"field\":\"\(field)\"") } && refused.status == 422, "\(refused.text)"
            )
        }
    }

    @Test func `A key is shown by a quarter of it, four characters at most`() {
        #expect(ShortenedKey.of("") == "…" && ShortenedKey.of("abc") == "…" && ShortenedKey.of("12345678") == "12…")
        #expect(ShortenedKey.of(String(repeating: "k", count: 300)) == "kkkk…")
    }

    // MARK: Bounds

    @Test func `What does not fit is counted, and told of when there is room: nothing is lost from the sum`() throws {
        let test = try TestCollector(ScriptedLog()) {
            $0.options.tail.eventsPerSecond = 1_000_000
            $0.options.tail.bufferBytesMax = 32_768
        }
        let reader = try listener(test)
        let batch = "[" + Array(repeating: Sample.typedClick, count: 1000).joined(separator: ",") + "]"
        for _ in 0..<20 { #expect(try test.post("/v1/events", batch).status == 201) }
        #expect(reader.reads { told($0) == 20_000 }, "\(told(reader)) of 20,000")
        #expect(!reader.data("dropped").isEmpty && reader.data("accepted").count > 10)
    }

    @Test func `A rate bounds what one listener is told`() throws {
        let test = try TestCollector(ScriptedLog()) { $0.options.tail.eventsPerSecond = 10 }
        let reader = try listener(test)
        let started = Clock.monotonicMilliseconds()
        let batch = "[" + Array(repeating: Sample.typedClick, count: 500).joined(separator: ",") + "]"
        #expect(try test.post("/v1/events", batch).status == 201)
        let most = 20 + 10 * (Int(Clock.monotonicMilliseconds() - started) / 1000 + 1)
        #expect(reader.reads { told($0) == 500 })
        #expect((20...most).contains(reader.data("accepted").count))
    }

    /// Events and those that were dropped.
    private func told(_ reader: LiveReader) -> Int {
        let dropped = reader.data("dropped").compactMap { Int($0.filter(\.isNumber)) }
        return reader.data("accepted").count + dropped.reduce(0, +)
    }

    @Test func `A few may listen, one more is refused, and who leaves makes room`() throws {
        let test = try TestCollector(ScriptedLog()) { $0.options.tail.listenersMax = 2 }
        let readers = [try listener(test), try listener(test)]
        #expect(test.metric("cinelog_tail_listeners") == "2")
        let third = try LiveReader(test.folder + "/private.sock", "/tail")
        #expect(third.reads { $0.text.contains("look on already") } && third.status == 503)
        readers[0].leave()
        // The other one stays.
        withExtendedLifetime(readers) {
            #expect(holds(within: 10_000) { test.metric("cinelog_tail_listeners") == "1" })
        }
        _ = try listener(test)
    }

    @Test func `A quiet stream shows that it lives, and ends when the collector does`() throws {
        var test: TestCollector? = try TestCollector(ScriptedLog()) { $0.options.tail.keepAliveMilliseconds = 100 }
        let reader = try listener(try #require(test))
        #expect(reader.reads { $0.text.contains(": nothing new\n\n: nothing new\n\n") })
        test = nil
        #expect(reader.readsToTheEnd())
    }
}
