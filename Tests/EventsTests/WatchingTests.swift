import Events
import Testing

/// What can have been watched: by one event alone, and by the one before it in a batch.
@Suite struct WatchingTests {
    let fixture = Fixture()
    static let film = "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89"

    private func verdict(_ fields: String) throws -> String {
        let line = try fixture.line(#"{"film_id":"\#(Self.film)",\#(fields)}"#, as: .film)
        return try fixture.parse(line)["verdict"]?.string ?? ""
    }

    // MARK: One event

    @Test(arguments: [
        // The film's length, and five seconds for players that round.
        (#""timecode":1,"watched":[[0,100]],"duration":100"#, ""),
        (#""timecode":1,"watched":[[0,105]],"duration":100"#, ""),
        (#""timecode":1,"watched":[[0,105.001]],"duration":100"#, "implausible"),
        (#""timecode":1,"watched":[[200,201],[0,1]],"duration":100"#, "implausible"),
        (#""timecode":105,"duration":100"#, ""),
        (#""timecode":"00:01:45.000001","duration":100"#, "implausible"),
        (#""timecode":65535,"watched":[[0,65535]]"#, ""),
        // Nothing watched.
        (#""timecode":1"#, ""), (#""timecode":1,"watched":[],"duration":100"#, ""),
        (#""timecode":1,"watched":null"#, ""),
    ])
    func `Nobody watches beyond the film's end`(fields: String, verdict expected: String) throws {
        #expect(try verdict(fields) == expected)
    }

    @Test(arguments: [
        // A day is 86,400 s; a film's intervals reach 65,535.
        (#""rate":1,"watched":[[0,65535],[0,20865]]"#, ""), (#""rate":1,"watched":[[0,65535],[0,20870]]"#, ""),
        (#""rate":1,"watched":[[0,65535],[0,20870.01]]"#, "implausible"),
        (#""rate":2,"watched":[[0,65535],[0,65535],[0,41735]]"#, ""),
        (#""rate":2,"watched":[[0,65535],[0,65535],[0,41736]]"#, "implausible"),
        (#""rate":0.5,"watched":[[0,43205]]"#, ""), (#""rate":0.5,"watched":[[0,43205.5]]"#, "implausible"),
        // Not stated: as fast as players commonly go.
        (#""watched":[[0,65535],[0,65535],[0,41735]]"#, ""),
        (#""watched":[[0,65535],[0,65535],[0,41736]]"#, "implausible"),
        (#""rate":16,"watched":[[0,65535],[0,65535],[0,65535],[0,65535]]"#, ""),
    ])
    func `Nobody watches for more than a day since the event before, at the stated rate`(
        fields: String, verdict expected: String
    ) throws {
        #expect(try verdict(#""timecode":1,\#(fields)"#) == expected)
    }

    @Test func `Intervals that overlap were played again, and take their time again`() throws {
        let once = (0..<100).map { _ in "[0,864]" }.joined(separator: ",")
        #expect(try verdict(#""timecode":1,"rate":1,"watched":[\#(once)]"#) == "")
        #expect(try verdict(#""timecode":1,"rate":1,"watched":[\#(once),[0,5.01]]"#) == "implausible")
        // Half-open: one ends where the next begins, and nothing is counted twice.
        let touching = (0..<1000).map { "[\($0),\($0 + 1)]" }.joined(separator: ",")
        #expect(try verdict(#""timecode":1000,"duration":1000,"watched":[\#(touching)]"#) == "")
    }

    // MARK: Neighbours in a batch

    private struct Told {
        var at: Double?
        var watched: String?
        var view: String? = "v1"
        var device: String?
        var rate: Double?
        var id: String?
        var film = WatchingTests.film

        var text: String {
            var text = #"{"type":"film","film_id":"\#(film)","timecode":1"#
            if let at { text += ",\"time\":\(Double(Fixture.now.unixMilliseconds) / 1000 - 600 + at)" }
            if let watched { text += ",\"watched\":\(watched)" }
            if let view { text += ",\"view_id\":\"\(view)\"" }
            if let device { text += ",\"anonymous_id\":\"\(device)\"" }
            if let rate { text += ",\"rate\":\(rate)" }
            if let id { text += ",\"event_id\":\"\(id)\"" }
            return text + "}"
        }
    }

    private func verdicts(_ events: [Told], history: ViewingHistory = ViewingHistory(), sentAt: Int64? = nil) throws
        -> [String]
    {
        try events.map { event in
            fixture.lines.clear()
            let context = EventContext(
                receivedAt: Fixture.now, sentAt: sentAt.map { Timestamp(unixMilliseconds: $0) })
            let outcome = fixture.reader.read(
                try fixture.parse(event.text), as: nil, context, in: history, into: fixture.lines)
            guard case .accepted = outcome else { throw Fixture.Refused(outcome: outcome) }
            return try fixture.parse(fixture.lines.buffer(.film).string)["verdict"]?.string ?? ""
        }
    }

    @Test(arguments: [
        (10.0, 1.0, 15.0, ""), (10, 1, 15.01, "implausible"), (10, 2, 25, ""), (10, 2, 25.01, "implausible"),
        (10, 0.5, 10, ""), (10, 0.5, 10.01, "implausible"), (0.001, 1, 5, ""), (0.001, 1, 5.1, "implausible"),
    ])
    func `What was played since the event before fits between the two`(
        wall: Double, rate: Double, seconds: Double, expected: String
    ) throws {
        let events = [
            Told(at: 0, watched: "[[0,10]]", rate: rate), Told(at: wall, watched: "[[10,\(10 + seconds)]]", rate: rate),
        ]
        #expect(try verdicts(events) == ["", expected])
        // Clocks that are wrong are wrong for both.
        #expect(try verdicts(events, sentAt: Fixture.now.unixMilliseconds - 300_000) == ["", expected])
    }

    @Test func `A rate that changed in between, or is not stated, is given the benefit`() throws {
        #expect(
            try verdicts([Told(at: 0, watched: "[[0,1]]", rate: 2), Told(at: 10, watched: "[[1,26]]", rate: 1)]) == [
                "", "",
            ])
        #expect(try verdicts([Told(at: 0, watched: "[[0,1]]"), Told(at: 10, watched: "[[1,26]]")]) == ["", ""])
        #expect(
            try verdicts([Told(at: 0, watched: "[[0,1]]"), Told(at: 10, watched: "[[1,27]]")]) == ["", "implausible"])
    }

    @Test func `Only events of one viewing, film and device are compared`() throws {
        let first = Told(at: 0, watched: "[[0,10]]", device: "a")
        let other = "11111111-1111-4111-8111-111111111111"
        for second in [
            Told(at: 1, watched: "[[0,100]]", view: "v2", device: "a"), Told(at: 1, watched: "[[0,100]]", device: "b"),
            Told(at: 1, watched: "[[0,100]]"), Told(at: 1, watched: "[[0,100]]", view: nil, device: "a"),
            Told(at: 1, watched: "[[0,100]]", device: "a", film: other),
        ] {
            #expect(try verdicts([first, second]) == ["", ""])
        }
        #expect(try verdicts([first, Told(at: 1, watched: "[[0,100]]", device: "a")]) == ["", "implausible"])
    }

    @Test func `The same event again, one told late, and one without a time are not held against it`() throws {
        let id = "0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89"
        let first = Told(at: 100, watched: "[[0,30]]", id: id)
        #expect(try verdicts([first, first]) == ["", ""])
        #expect(try verdicts([first, Told(at: 100, watched: "[[0,30]]")]) == ["", ""])
        #expect(try verdicts([first, Told(at: 70, watched: "[[0,30]]")]) == ["", ""])
        #expect(try verdicts([first, Told(at: nil, watched: "[[0,60]]")]) == ["", ""])
        // The newest stays the one to compare with.
        let late = [first, Told(at: 70, watched: "[[0,30]]"), Told(at: 110, watched: "[[30,60]]")]
        #expect(try verdicts(late) == ["", "", "implausible"])
    }

    @Test func `An event without watching does not shorten the time of the next`() throws {
        let events = [
            Told(at: 0, watched: "[[0,10]]"), Told(at: 29, watched: nil), Told(at: 29.5, watched: "[]"),
            Told(at: 30, watched: "[[10,40]]"),
        ]
        #expect(try verdicts(events) == ["", "", "", ""])
    }

    @Test func `One batch knows nothing of another, and a single event of none`() throws {
        let history = ViewingHistory()
        #expect(try verdicts([Told(at: 0, watched: "[[0,10]]")], history: history) == [""])
        history.clear()
        #expect(try verdicts([Told(at: 1, watched: "[[0,100]]")], history: history) == [""])
        for event in [Told(at: 0, watched: "[[0,10]]"), Told(at: 1, watched: "[[0,100]]")] {
            #expect(try !fixture.line(event.text, as: .film).contains("verdict"))
        }
    }

    @Test func `The first verdict that fits is kept: bot, then clock, then implausible`() throws {
        let text = #"{"film_id":"\#(Self.film)","timecode":900,"duration":1,"time":1500000000}"#
        func verdict(_ text: String, _ known: Verdict) throws -> String? {
            let line = try fixture.line(text, as: .film, EventContext(receivedAt: Fixture.now, verdict: known))
            return try fixture.parse(line)["verdict"]?.string
        }
        #expect(try verdict(text, .bot) == "bot")
        #expect(try verdict(text, .good) == "clock")
        #expect(try verdict(text.replacing("1500000000", with: "1769860800"), .good) == "implausible")
    }
}
