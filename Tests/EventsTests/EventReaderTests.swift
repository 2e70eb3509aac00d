import Events
import Testing

@Suite struct EventReaderTests {
    let fixture = Fixture()
    static let id = "0198c0de-7d2b-7b7e-8f3a-2f4d1c6b7a89"
    static let film = "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89"

    // MARK: The canonical line

    @Test func `A click's line has the table's columns in their order`() throws {
        let line = try fixture.line(
            """
            {"text":"Play","extra_one":{"a":[1,2]},"obj_id":"button#play","url":"https://cinema.example/","x":10,"y":20.5,
             "time":1769860799.5,"event_id":"\(Self.id)","anonymous_id":"a1","session_id":"s1","platform":"web",
             "app_version":"1.2"}
            """, as: .click, EventContext(userID: UUID(Self.film), receivedAt: Fixture.now))
        #expect(
            line == """
                {"event_id":"\(Self.id)","user_id":"\(Self.film)","time":"2026-01-31 11:59:59.500",\
                "received_at":"2026-01-31 12:00:00.000","anonymous_id":"a1","session_id":"s1","platform":"web",\
                "app_version":"1.2","extra":{"extra_one":{"a":[1,2]}},"obj_id":"button#play",\
                "url":"https://cinema.example/","x":10,"y":20.5,"text":"Play"}

                """)
    }

    @Test func `A film's line keeps the timecode as text and as seconds`() throws {
        let line = try fixture.line(
            #"{"film_id":"\#(Self.film.uppercased())","timecode":"00:41:07.5","watched":[[0,10],[20.5,30]],"event_id":"\#(Self.id)","duration":5400,"time":1769860800}"#,
            as: .film)
        #expect(
            line == """
                {"event_id":"\(Self.id)","user_id":"00000000-0000-0000-0000-000000000000",\
                "time":"2026-01-31 12:00:00.000","received_at":"2026-01-31 12:00:00.000","film_id":"\(Self.film)",\
                "timecode":"00:41:07.500000","position":2467.5,"duration":5400,"watched":[[0,10],[20.5,30]]}

                """)
    }

    @Test func `An identifier is made where none is given, and told`() throws {
        guard case .accepted(let id, .click) = try fixture.read(#"{"obj_id":"a"}"#, as: .click) else {
            Issue.record("not accepted")
            return
        }
        #expect(id.version == 7 && id.unixMilliseconds == Fixture.now.unixMilliseconds)
        #expect(fixture.lines.buffer(.click).string.hasPrefix("{\"event_id\":\"\(id)\",\"user_id\":\""))
    }

    @Test func `A body's user_id is ignored, and columns of the server cannot be set`() throws {
        let line = try fixture.line(
            #"{"obj_id":"a","user_id":"\#(Self.film)","verdict":"bot","received_at":"x","extra":{"extra":1},"event_id":"\#(Self.id)","time":1769860800}"#,
            as: .click)
        #expect(line.contains(#""user_id":"00000000-0000-0000-0000-000000000000""#))
        #expect(line.contains(#""extra":{"verdict":"bot","received_at":"x","extra":{"extra":1}}"#))
    }

    @Test func `A null stands for an absent field`() throws {
        let line = try fixture.line(
            #"{"obj_id":"a","url":null,"time":null,"event_id":"\#(Self.id)","sent_at":null}"#, as: .click)
        #expect(!line.contains("url"))
        #expect(try fixture.errors(#"{"obj_id":null}"#, as: .click).map(\.field) == ["obj_id"])
    }

    // MARK: Checks

    static let refused: [(EventKind, String, String)] = [
        (.click, #"{}"#, "obj_id"), (.click, #"{"obj_id":""}"#, "obj_id"), (.click, #"{"obj_id":1}"#, "obj_id"),
        (.click, #"{"obj_id":{"a":1}}"#, "obj_id"), (.click, #"{"obj_id":["a"]}"#, "obj_id"),
        (.click, #"{"obj_id":"a\u0000b"}"#, "obj_id"), (.click, #"{"obj_id":"a","x":"1"}"#, "x"),
        (.click, #"{"obj_id":"a","event_id":"zz"}"#, "event_id"),
        (.click, #"{"obj_id":"a","event_id":"00000000-0000-0000-0000-000000000000"}"#, "event_id"),
        (.click, #"{"obj_id":"a","time":"yesterday"}"#, "time"), (.click, #"{"obj_id":"a","time":-1}"#, "time"),
        (.click, #"{"obj_id":"a","time":99999999999}"#, "time"), (.click, #"{"obj_id":"a","time":0}"#, "time"),
        (.click, #"{"obj_id":"a","time":"2100-01-01T00:00:00Z"}"#, "time"),
        (.click, #"{"obj_id":"a","time":true}"#, "time"), (.click, #"{"obj_id":"a","sent_at":1}"#, "sent_at"),
        (.click, #"{"obj_id":"a","obj_id":"b"}"#, "obj_id"), (.click, #"{"obj_id":"a","q":1,"q":2}"#, "q"),
        (.click, #"{"obj_id":"a","q":{"w":1,"w":2}}"#, "w"), (.click, #"{"obj_id":"a","type":"page"}"#, "type"),
        (.page, #"{"url":"/"}"#, "duration"), (.page, #"{"duration":1}"#, "url"),
        (.page, #"{"url":"/","duration":-1}"#, "duration"), (.page, #"{"url":"/","duration":"16"}"#, "duration"),
        (.page, #"{"url":"/","duration":1e300}"#, "duration"),
        (.page, #"{"url":"/","duration":1,"scroll":101}"#, "scroll"),
        (.film, #"{"film_id":"zz","timecode":1}"#, "film_id"), (.film, #"{"timecode":1}"#, "film_id"),
        (.film, #"{"film_id":"\#(film)"}"#, "timecode"), (.film, #"{"film_id":"\#(film)","timecode":"x"}"#, "timecode"),
        (.film, #"{"film_id":"\#(film)","timecode":-1}"#, "timecode"),
        (.film, #"{"film_id":"\#(film)","timecode":65536}"#, "timecode"),
        (.film, #"{"film_id":"\#(film)","timecode":1,"duration":0}"#, "duration"),
        (.film, #"{"film_id":"\#(film)","timecode":1,"rate":0}"#, "rate"),
        (.film, #"{"film_id":"\#(film)","timecode":1,"watched":[[2,1]]}"#, "watched"),
        (.film, #"{"film_id":"\#(film)","timecode":1,"watched":[[1,1]]}"#, "watched"),
        (.film, #"{"film_id":"\#(film)","timecode":1,"watched":[[-1,1]]}"#, "watched"),
        (.film, #"{"film_id":"\#(film)","timecode":1,"watched":[[1,2,3]]}"#, "watched"),
        (.film, #"{"film_id":"\#(film)","timecode":1,"watched":[1,2]}"#, "watched"),
        (.film, #"{"film_id":"\#(film)","timecode":1,"watched":{}}"#, "watched"),
        (.custom, #"{}"#, "information"), (.custom, #"{"information":[]}"#, "information"),
        (.custom, #"{"information":"x"}"#, "information"), (.custom, #"{"information":{"a":1,"a":2}}"#, "a"),
        (.custom, #"{"information":{},"name":""}"#, "name"),
    ]

    @Test(arguments: refused)
    func `A field that is wrong is named`(kind: EventKind, text: String, field: String) throws {
        let errors = try fixture.errors(text, as: kind)
        #expect(errors.contains { $0.field == field }, "\(errors)")
        #expect(fixture.lines.isEmpty && fixture.lines.totalBytes == 0)
    }

    @Test func `Every wrong field is named, not only the first`() throws {
        let errors = try fixture.errors(#"{"url":1,"duration":-1,"scroll":"x"}"#, as: .page)
        #expect(Set(errors.map(\.field)) == ["url", "duration", "scroll"])
    }

    @Test func `Lengths are counted in characters, up to the limit`() throws {
        _ = try fixture.line(#"{"obj_id":"\#(String(repeating: "é", count: 512))"}"#, as: .click)
        let errors = try fixture.errors(#"{"obj_id":"\#(String(repeating: "é", count: 513))"}"#, as: .click)
        #expect(errors.map(\.field) == ["obj_id"])
    }

    @Test func `Unknown fields are kept up to a bound`() throws {
        func event(_ count: Int, _ value: String) -> String {
            #"{"obj_id":"a","# + (0..<count).map { #""k\#($0)":\#(value)"# }.joined(separator: ",") + "}"
        }
        _ = try fixture.line(event(64, "1"), as: .click)
        #expect(try fixture.errors(event(65, "1"), as: .click).map(\.field) == ["extra"])
        let long = "\"" + String(repeating: "x", count: 400) + "\""
        #expect(try fixture.errors(event(60, long), as: .click).map(\.field) == ["extra"])
        #expect(fixture.lines.totalBytes == 0)
    }

    @Test func `A batch's event says its type, and a wrong one is refused`() throws {
        guard case .accepted(_, .page) = try fixture.read(#"{"type":"page","url":"/","duration":1}"#, as: nil) else {
            Issue.record("not accepted")
            return
        }
        #expect(try fixture.errors(#"{"url":"/"}"#, as: nil).map(\.field) == ["type"])
        #expect(try fixture.errors(#"{"type":"views"}"#, as: nil).map(\.field) == ["type"])
        #expect(try fixture.errors("7", as: nil) == [EventError(field: "", message: "an event must be a JSON object")])
    }

    // MARK: Time

    private func verdictAndTime(_ fields: String, sentAt: Timestamp? = nil) throws -> (String, String) {
        let line = try fixture.line(
            #"{"obj_id":"a",\#(fields)}"#, as: .click, EventContext(receivedAt: Fixture.now, sentAt: sentAt))
        let value = try fixture.parse(line)
        return (value["verdict"]?.string ?? "", value["time"]!.string!)
    }

    @Test func `A wrong clock is corrected by the time of sending`() throws {
        let hourAgo = Fixture.now.unixMilliseconds / 1000 - 3600
        #expect(
            try verdictAndTime(#""time":\#(hourAgo - 10),"sent_at":\#(hourAgo)"#) == ("", "2026-01-31 11:59:50.000"))
        #expect(try verdictAndTime(#""time":\#(hourAgo)"#) == ("", "2026-01-31 11:00:00.000"))
        let sentAt = Timestamp(unixMilliseconds: hourAgo * 1000)
        #expect(try verdictAndTime(#""time":\#(hourAgo - 10)"#, sentAt: sentAt) == ("", "2026-01-31 11:59:50.000"))
    }

    @Test func `A time out of the window is kept with the verdict clock`() throws {
        let now = Fixture.now.unixMilliseconds / 1000
        #expect(try verdictAndTime(#""time":\#(now - 72 * 3600)"#).0 == "")
        #expect(try verdictAndTime(#""time":\#(now - 72 * 3600 - 1)"#).0 == "clock")
        #expect(try verdictAndTime(#""time":\#(now + 60)"#).0 == "")
        #expect(try verdictAndTime(#""time":\#(now + 61)"#).0 == "clock")
    }

    @Test func `An event without a time keeps its identifier's, so that a retry has the same`() throws {
        var generator = UUIDGenerator()
        let recent = generator.next(unixMilliseconds: Fixture.now.unixMilliseconds - 7000)
        #expect(try verdictAndTime(#""event_id":"\#(recent)""#).1 == "2026-01-31 11:59:53.000")
        let ancient = generator.next(unixMilliseconds: 1)
        #expect(try verdictAndTime(#""event_id":"\#(ancient)""#) == ("", "2026-01-31 12:00:00.000"))
    }

    @Test func `Bots and impossible watching are marked, not dropped`() throws {
        let bot = try fixture.line(#"{"obj_id":"a"}"#, as: .click, EventContext(receivedAt: Fixture.now, verdict: .bot))
        #expect(bot.contains(#""verdict":"bot""#))
        func film(_ rest: String) throws -> Bool {
            try fixture.line(#"{"film_id":"\#(Self.film)","timecode":1,\#(rest)}"#, as: .film).contains("implausible")
        }
        #expect(try !film(#""watched":[[0,100]],"duration":100"#))
        #expect(try film(#""watched":[[0,200]],"duration":100"#))
    }
}
