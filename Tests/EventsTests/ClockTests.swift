import Events
import Testing

/// When an event happened, by clocks that are wrong in every way.
@Suite struct ClockTests {
    let fixture = Fixture()

    static let now = Fixture.now.unixMilliseconds
    static let hour: Int64 = 3_600_000

    /// Received at 12:00:00.000; times are milliseconds from then.
    private func read(time: Int64?, sentAt: Int64? = nil, batch: Int64? = nil) throws -> (
        verdict: String, offset: Int64
    ) {
        var fields = #""obj_id":"a""#
        if let time { fields += #","time":\#(ClockTests.now + time)"# }
        if let sentAt { fields += #","sent_at":\#(ClockTests.now + sentAt)"# }
        let batchSentAt = batch.map { Timestamp(unixMilliseconds: ClockTests.now + $0) }
        let line = try fixture.line(
            "{\(fields)}", as: .click, EventContext(receivedAt: Fixture.now, sentAt: batchSentAt))
        let value = try fixture.parse(line)
        var stored = (value["time"]?.string ?? "") + "Z"
        let moment = try #require(stored.withUTF8 { Timestamp(rfc3339: UnsafeRawBufferPointer($0)) })
        return (value["verdict"]?.string ?? "", moment.unixMilliseconds - ClockTests.now)
    }

    @Test(arguments: [
        (-72 * hour, ""), (-72 * hour - 1, "clock"), (60_000, ""), (60_001, "clock"), (0, ""), (-1, ""),
        (-20 * 365 * 24 * hour, "clock"), (50 * 365 * 24 * hour, "clock"),
    ])
    func `The window is 72 hours back and one minute ahead, to the millisecond`(time: Int64, verdict: String) throws {
        #expect(try read(time: time) == (verdict, time))
    }

    @Test(arguments: [
        // The network's delay, or nothing worth correcting.
        (-4_999, 0), (4_999, 0), (0, 0), (-1, 0),
        // A clock that is wrong, either way.
        (-5_000, 5_000), (5_000, -5_000), (-3_600_000, 3_600_000), (86_400_000, -86_400_000),
    ])
    func `A clock is corrected from five seconds on`(sentAt: Int64, shift: Int64) throws {
        for time in [sentAt, sentAt - 10_000] {
            #expect(try read(time: time, sentAt: sentAt) == ("", time + shift))
            #expect(try read(time: time, batch: sentAt) == ("", time + shift))
        }
    }

    @Test func `A wildly wrong clock is set right, as long as it was wrong all the while`() throws {
        for years in [-20, -1, 1, 50] as [Int64] {
            let clock = years * 365 * 24 * ClockTests.hour
            #expect(try read(time: clock - 30_000, sentAt: clock) == ("", -30_000))
        }
    }

    @Test func `The window counts after the correction`() throws {
        let clock = -100 * ClockTests.hour
        #expect(try read(time: clock - 72 * ClockTests.hour, sentAt: clock) == ("", -72 * ClockTests.hour))
        #expect(try read(time: clock - 72 * ClockTests.hour - 1, sentAt: clock) == ("clock", -72 * ClockTests.hour - 1))
        #expect(try read(time: clock + 60_000, sentAt: clock) == ("", 60_000))
    }

    @Test func `Nothing is sent before it happened: such a sent_at corrects nothing`() throws {
        // One left over from a build, or from years ago, beside a good time.
        #expect(try read(time: -2_000, sentAt: -5 * 365 * 24 * ClockTests.hour) == ("", -2_000))
        #expect(try read(time: -2_000, batch: -24 * ClockTests.hour) == ("", -2_000))
        let clock = -100 * ClockTests.hour
        #expect(try read(time: clock + 60_001, sentAt: clock) == ("clock", clock + 60_001))
    }

    @Test func `An event's own sent_at goes before its batch's`() throws {
        #expect(try read(time: -60_000, sentAt: -10_000, batch: -50_000) == ("", -50_000))
    }

    @Test func `Without a time of its own, an event happened when it arrived`() throws {
        #expect(try read(time: nil, sentAt: -90_000) == ("", 0))
    }

    @Test(arguments: [
        "0", "-1", "1e9999", "\"\"", "\"now\"", "\"2026-01-31\"", "\"2026-13-01T00:00:00Z\"", "true", "[]", "{}",
        "946684799",
        "\"2100-01-01T00:00:00Z\"", "\"2026-01-31T12:00:00\"",
    ])
    func `A sent_at that is no time is an error`(text: String) throws {
        do {
            let errors = try fixture.errors(#"{"obj_id":"a","sent_at":\#(text)}"#, as: .click)
            #expect(errors.map(\.field) == ["sent_at"])
        } catch let error as JSONError {
            #expect(error == .numberOutOfRange(field: "sent_at"))
        }
    }

    @Test(arguments: ["946684800", "\"2099-12-31T23:59:59.999Z\"", "null"])
    func `The outermost times there are, as sent_at, are none`(text: String) throws {
        let time = ClockTests.now - 1_000
        let line = try fixture.line(#"{"obj_id":"a","time":\#(time),"sent_at":\#(text)}"#, as: .click)
        // Either corrects nothing, or leads out of the window; never out of the years that tables hold.
        let year = try #require(try fixture.parse(line)["time"]?.string?.prefix(4))
        #expect(("1999"..."2100").contains(String(year)))
    }
}
