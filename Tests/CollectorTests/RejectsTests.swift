import Collector
import EventLog
import Events
import Glibc
import HTTPClient
import HTTPServer
import Platform
import TestSupport
import Testing

/// Events that failed their checks and are kept for the quarantine.
@Suite struct RejectsTests {
    private static let id = "0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89"

    private func collector(
        _ log: any EventLogWriter,
        _ change: (inout QuarantineOptions, inout TestCollector.Settings) -> Void = { _, _ in }
    ) throws -> TestCollector {
        try TestCollector(log) { settings in
            var quarantine = QuarantineOptions()
            change(&quarantine, &settings)
            settings.options.quarantine = quarantine
        }
    }

    private func post(_ test: TestCollector, _ path: String, _ body: [UInt8], type: String = "application/json") throws
        -> Int
    {
        try body.withUnsafeBytes {
            try HTTPClient(timeoutMilliseconds: 20_000).request(
                "POST", test.url + path, headers: [("Content-Type", type)], body: $0
            ).status
        }
    }

    /// The kept lines, once there are so many; what differs from run to run is checked and replaced.
    private func lines(_ log: RealLog, _ count: Int) throws -> [String] {
        let deadline = Clock.monotonicMilliseconds() + 20_000
        while true {
            let lines = try log.text(.rejected).split(separator: "\n").map(String.init)
            if lines.count >= count || Clock.monotonicMilliseconds() > deadline { return try lines.map(settled) }
            usleep(2_000)
        }
    }

    private func settled(_ line: String) throws -> String {
        let id = try #require(try text([line], "event_id"))
        let received = try #require(try text([line], "received_at"))
        #expect(UUID(id) != nil && UUID(id) != UUID.none)
        var zoned = received + "Z"
        let moment = try #require(zoned.withUTF8 { Timestamp(rfc3339: UnsafeRawBufferPointer($0)) })
        #expect(abs(moment.unixMilliseconds - Clock.unixMilliseconds()) < 60_000)
        let settled = line.replacing("\"received_at\":\"\(received)\"", with: "\"received_at\":\"NOW\"")
        return id == RejectsTests.id ? settled : settled.replacing(id, with: "NEW")
    }

    /// A member of the first line.
    private func text(_ lines: [String], _ name: String) throws -> String? {
        let parser = JSONParser(capacityMax: 1 << 20, depthMax: 8)
        let (line, scratch) = (ByteBuffer(lines.first ?? ""), ByteBuffer())
        // A value points into its parser.
        return try withExtendedLifetime((parser, line, scratch)) {
            try parser.parse(copying: line.bytes, into: scratch)[name]?.string
        }
    }

    private func line(
        kind: String, id: String = "NEW", device: String? = nil, more: String = "", field: String, reason: String,
        payload: String
    ) -> String {
        let text = ByteBuffer()
        text.appendJSON(string: payload)
        let device = device.map { #""anonymous_id":"\#($0)","# } ?? ""
        return
            #"{"kind":"\#(kind)","event_id":"\#(id)","user_id":"\#(UUID.none)",\#(device)"received_at":"NOW",\#(more)"#
            + #""source":"rejected","field":"\#(field)","reason":"\#(reason)","payload":\#(text.string)}"#
    }

    // MARK: What is kept

    @Test func `A single event is kept as it was sent, with its faults`() throws {
        let log = try RealLog()
        let test = try collector(log.writer)
        let typed = #"{ "obj_id": 7, "event_id":"\#(Self.id)",  "anonymous_id":"phone" , "x":"y"}"#
        #expect(try test.post("/clicks/", typed).status == 422)
        #expect(try test.post("/pages/", #"{"url":"#).status == 400)
        #expect(try test.post("/films", "[1]").status == 400)
        #expect(try test.post("/custom_events/", #"{"information":1e999}"#).status == 422)
        #expect(
            try post(test, "/clicks/", Array("{\"obj_id\":\"a".utf8) + [0xFF, 0xC3, 0x00] + Array("\"}".utf8)) == 400)
        let badID = #"{"event_id":"zz","obj_id":"a","anonymous_id":5}"#
        #expect(try test.post("/clicks/", badID).status == 422)
        #expect(
            try lines(log, 6) == [
                line(
                    kind: "click", id: Self.id, device: "phone", field: "obj_id",
                    reason: "must be a string of 1 to 512 characters, without NUL; "
                        + "x must be a number from -1000000000 to 1000000000", payload: typed),
                line(
                    kind: "page", field: "", reason: "not valid JSON: the text is not well-formed JSON",
                    payload: #"{"url":"#),
                line(kind: "film", field: "", reason: "the body must be a JSON object", payload: "[1]"),
                line(
                    kind: "custom", field: "information",
                    reason: "a number is out of range: 64-bit integers and finite doubles are taken",
                    payload: #"{"information":1e999}"#),
                line(
                    kind: "click", field: "",
                    reason: "not valid JSON: a string is not closed, or has a control character that is not escaped",
                    payload: "{\"obj_id\":\"a\u{FFFD}\u{FFFD}\0\"}"),
                line(
                    kind: "click", field: "event_id",
                    reason: #"must be a UUID such as \"0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89\"; "#
                        + "anonymous_id must be a string of at most 128 characters, without NUL", payload: badID),
            ])
        let deadline = Clock.monotonicMilliseconds() + 20_000
        while test.metric("cinelog_rejected_kept_total") != "6", Clock.monotonicMilliseconds() < deadline {
            usleep(1_000)
        }
        #expect(test.metric("cinelog_rejected_kept_total") == "6")
        #expect(test.metric("cinelog_rejected_not_kept_total") == "0")
    }

    @Test func `Of a batch each bad event is kept by itself, with what the batch said`() throws {
        let log = try RealLog()
        let test = try collector(log.writer)
        let now = Clock.unixMilliseconds()
        let sentAt = ByteBuffer()
        sentAt.appendClickHouse(Timestamp(unixMilliseconds: now))
        let bad = #"{"type":"click","obj_id":[1.50,"\u0041"],"event_id":"\#(Self.id)"}"#
        let batch = #"{"sent_at":\#(now),"events":[\#(bad), \#(Sample.typedClick), {"a":1}, "text"]}"#
        #expect(try test.post("/v1/events", batch, [("User-Agent", "Googlebot/2.1")]).status == 207)
        let more = #""sent_at":"\#(sentAt.string)","verdict":"bot","#
        #expect(
            try lines(log, 3) == [
                line(
                    kind: "click", id: Self.id, more: more, field: "obj_id",
                    reason: "must be a string of 1 to 512 characters, without NUL",
                    payload: #"{"type":"click","obj_id":[1.5,"A"],"event_id":"\#(Self.id)"}"#),
                line(
                    kind: "", more: more, field: "type", reason: "is required: one of click, page, film, custom",
                    payload: #"{"a":1}"#),
                line(kind: "", more: more, field: "", reason: "an event must be a JSON object", payload: #""text""#),
            ])
        #expect(try log.text(.click).split(separator: "\n").count == 1)
    }

    @Test func `Lines, a batch as a whole, and a pixel are kept`() throws {
        let log = try RealLog()
        let test = try collector(log.writer)
        let lines = "\(Sample.typedClick)\n{\"type\":\"page\"}\n{\"type\":\"film\",\n"
        #expect(try test.post("/v1/events", lines, type: "application/x-ndjson").status == 207)
        #expect(try test.post("/v1/events", "[nothing").status == 400)
        let nested = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        let deep = #"[{"type":"custom","information":{"a":\#(nested)}}]"#
        #expect(try test.post("/v1/events", deep).status == 422)
        let query = "type=page&url=https%3A%2F%2Fcinema.example%2F&duration=-1&event_id=\(Self.id)"
        #expect(try test.send("GET", "/v1/pixel.gif?" + query).status == 422)
        #expect(try test.send("GET", "/v1/pixel.gif?type=nothing&obj_id=a").status == 422)
        let duration = "must be a number from 0 to 2678400"
        #expect(
            try self.lines(log, 6) == [
                line(
                    kind: "page", field: "url", reason: "is required; duration is required",
                    payload: #"{"type":"page"}"#),
                line(
                    kind: "", field: "", reason: "not valid JSON: the text is not well-formed JSON",
                    payload: #"{"type":"film","#),
                line(
                    kind: "", field: "", reason: "not valid JSON: the text is not well-formed JSON", payload: "[nothing"
                ),
                line(kind: "", field: "", reason: "arrays and objects may be nested 34 deep", payload: deep),
                line(
                    kind: "page", id: Self.id, field: "duration", reason: duration,
                    payload: #"{"type":"page","url":"https://cinema.example/","duration":-1,"event_id":"\#(Self.id)"}"#),
                line(kind: "", field: "type", reason: "is required", payload: #"{"type":"nothing","obj_id":"a"}"#),
            ])
    }

    @Test func `What is too long is cut between characters, and says so`() throws {
        let log = try RealLog()
        let test = try collector(log.writer)
        let long = String(repeating: "é", count: 40_000)
        #expect(try test.post("/v1/events", #"[{"type":"click","obj_id":"a","own":"\#(long)"}]"#).status == 422)
        let kept = try lines(log, 1)
        let payload = try #require(try text(kept, "payload"))
        #expect(payload.hasPrefix(#"{"type":"click","obj_id":"a","own":"éé"#) && payload.hasSuffix("éé"))
        #expect((65_535...65_536).contains(payload.utf8.count))
        #expect(try text(kept, "reason")?.hasSuffix("; only the first 65536 bytes are kept") == true)
        #expect(try text(kept, "kind") == "click")
    }

    @Test func `A client's names do not swell the row`() throws {
        let log = try RealLog()
        let test = try collector(log.writer)
        let name = String(repeating: "n", count: 20_000)
        #expect(try test.post("/clicks/", #"{"obj_id":"a","\#(name)":1,"\#(name)":2}"#).status == 422)
        let kept = try lines(log, 1)
        #expect(try text(kept, "field")?.utf8.count == 128)
        #expect(try #require(try text(kept, "reason")).utf8.count <= 1024)
    }

    // MARK: What is not

    @Test func `Refused senders, sizes, validation and good events leave nothing; nor does anything where it is off`()
        throws
    {
        let log = ScriptedLog()
        let verifier = try TokenVerifier(publicKeyPEM: SigningKey.p256.publicPEM)
        let guarded = try collector(log) { _, settings in
            settings.tokens = verifier
            settings.options.anonymousEvents = false
        }
        #expect(try guarded.post("/clicks/", "nonsense").status == 401)
        #expect(try guarded.send("GET", "/v1/pixel.gif?type=click").status == 401)
        let keyed = try collector(log) { $1.keys = WriteKeys(["web-4f1c"]) }
        #expect(try keyed.post("/clicks/", "nonsense").status == 403)
        #expect(try keyed.send("GET", "/v1/pixel.gif?type=click").status == 403)
        let open = try collector(log) { $1.options.batchEventsMax = 3 }
        #expect(try open.post("/clicks/", "nonsense", type: "text/html").status == 415)
        #expect(try open.post("/clicks/", String(repeating: "x", count: 70_000)).status == 413)
        #expect(try open.post("/v1/events", "[{},{},{},{}]").status == 413)
        #expect(try open.post("/v1/events", "{}\n{}\n{}\n{}", type: "application/x-ndjson").status == 413)
        #expect(try open.post("/v1/events", "[]").status == 422)
        #expect(try open.post("/v1/validate", "[{}]").status == 422)
        #expect(try open.post("/v1/validate", "nonsense").status == 400)
        let off = try TestCollector(log)
        #expect(try off.post("/clicks/", "{}").status == 422)
        #expect(try off.post("/v1/events", "[{}]").status == 422)
        #expect(log.lines.isEmpty)
        #expect(!off.metrics.render().contains("cinelog_rejected_kept_total"))
    }

    @Test func `A batch that cannot be stored leaves nothing: it comes again`() throws {
        let log = ScriptedLog(.refuse(.full))
        let test = try collector(log)
        #expect(try test.post("/v1/events", "[{},\(Sample.typedClick)]").status == 503)
        log.become(.durable)
        #expect(try test.post("/v1/events", "[\(Sample.typedClick)]").status == 201)
        #expect(log.lines.count == 1)
    }

    // MARK: Secrets

    @Test func `No secret of a request reaches the log's files`() throws {
        let log = try RealLog()
        let token = SigningKey.p256.token(
            header: #"{"alg":"ES256"}"#, payload: #"{"sub":"\#(Self.id)","exp":4000000000}"#)
        let verifier = try TokenVerifier(publicKeyPEM: SigningKey.p256.publicPEM)
        let test = try collector(log.writer) {
            $1.keys = WriteKeys(["canary-key"])
            $1.tokens = verifier
            $1.options.anonymousEvents = true
        }
        let headers = [
            ("Authorization", "Bearer " + token), ("X-Write-Key", "canary-key"), ("User-Agent", "canary-agent"),
            ("Referer", "https://cinema.example/?canary-referer"), ("X-Other", "canary-header"),
            ("X-Forwarded-For", "203.0.113.77"),
        ]
        let cookies = [
            ("Cookie", "session=canary-cookie; access_token_cookie=\(token)"), ("X-Write-Key", "canary-key"),
        ]
        for (path, body) in [("/clicks/", "{}"), ("/v1/events", "[{}]"), ("/pages/", "nonsense"), ("/v1/events", "{{")]
        {
            for headers in [headers, cookies] { #expect(try test.post(path, body, headers).status >= 400) }
            let query = path + "?key=canary-key&other=canary-query"
            #expect(try test.post(query, body).status >= 400)
        }
        let pixel = "/v1/pixel.gif?type=click&key=canary-key&key=canary-key"
        #expect(try test.send("GET", pixel, [("Cookie", "access_token_cookie=\(token)")]).status == 422)
        let kept = try log.text(.rejected)
        _ = try lines(log, 13)
        #expect(try log.text(.rejected).split(separator: "\n").count == 13, "\(kept)")
        // Whose event it was is kept, by the token's word, without the token.
        #expect(try log.text(.rejected).split(separator: "\n").count { $0.contains(#""user_id":"\#(Self.id)""#) } == 9)
        let bytes = String(decoding: log.bytes(), as: UTF8.self)
        #expect(bytes.contains("nonsense"))
        for secret in ["canary", "203.0.113.77", token] + token.split(separator: ".").map(String.init) {
            #expect(!bytes.contains(secret), "\(secret)")
        }
    }

    // MARK: Bounds

    @Test func `A flood is kept up to its rate, and the rest is counted`() throws {
        let log = try RealLog()
        let test = try collector(log.writer) { quarantine, _ in quarantine.eventsPerSecond = 2 }
        let started = Clock.monotonicMilliseconds()
        let batch = "[" + Array(repeating: "{}", count: 500).joined(separator: ",") + "]"
        for _ in 0..<10 { #expect(try test.post("/v1/events", batch).status == 422) }
        let kept = try lines(log, 200).count
        let seconds = Int(Clock.monotonicMilliseconds() - started) / 1000 + 1
        #expect((200...(200 + 2 * seconds)).contains(kept))
        #expect(test.metric("cinelog_rejected_not_kept_total") == "\(5000 - kept)")
        // What has flowed in since is there for the next.
        usleep(1_200_000)
        #expect(try test.post("/clicks/", "{}").status == 422)
        #expect(try lines(log, kept + 1).count == kept + 1)
    }

    @Test func `Long events use up the rate's bytes`() throws {
        let log = try RealLog()
        let test = try collector(log.writer) { quarantine, _ in quarantine.bytesPerSecond = 1024 }
        let long = String(repeating: "x", count: 20_000)
        for _ in 0..<30 { #expect(try test.post("/clicks/", #"{"text":"\#(long)"}"#).status == 422) }
        // 100 KiB, and the one that goes beyond; a second or two may bring one more.
        let kept = try lines(log, 6).count
        #expect((6...7).contains(kept))
        #expect(test.metric("cinelog_rejected_not_kept_total") == "\(30 - kept)")
    }

    @Test func `A log that has little room is left to good events`() throws {
        let log = ScriptedLog()
        let test = try collector(log)
        log.become(full: 0.5)
        #expect(try test.post("/clicks/", "{}").status == 422)
        #expect(try test.post("/v1/events", "[{},\(Sample.typedClick)]").status == 207)
        #expect(log.lines.allSatisfy { $0.hasPrefix("clicks ") } && log.lines.count == 1)
        #expect(test.metric("cinelog_rejected_not_kept_total") == "2")
        log.become(full: 0.49)
        #expect(try test.post("/clicks/", "{}").status == 422)
        #expect(log.lines.count == 2)
    }

    @Test func `A log that takes, keeps or tells nothing costs the sender no time and no other answer`() throws {
        for behaviour: ScriptedLog.Behaviour in [.hold, .fail(.unavailable("I/O error")), .refuse(.overloaded)] {
            let log = ScriptedLog(behaviour)
            let test = try collector(log) { $1.listen.answerMilliseconds = 60_000 }
            let started = Clock.monotonicMilliseconds()
            #expect(try test.post("/clicks/", "{}").status == 422)
            #expect(try test.post("/v1/events", "[{}]").status == 422)
            #expect(try test.send("GET", "/v1/pixel.gif?type=click").status == 422)
            #expect(Clock.monotonicMilliseconds() - started < 10_000)
            log.release(.failed(.full))
            #expect(test.metric("cinelog_rejected_not_kept_total") == "3")
            #expect(test.metric("cinelog_rejected_kept_total") == "0")
        }
    }

    @Test func `The real log says how much of its room is taken`() throws {
        let (small, crowded) = (try RealLog { $0.bytesMax = 1 }, try RealLog { $0.freeBytesMin = 1 << 60 })
        #expect(small.writer.roomTaken == 1)
        #expect(crowded.writer.roomTaken == 1)
        let log = try RealLog()
        #expect(log.writer.roomTaken < 0.5)
        log.writer.close()
        #expect(log.writer.roomTaken == 1)
    }
}
