import Events
import Testing

@Suite struct ValueTests {
    private func bytes<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var text = text
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    private func rfc3339(_ time: Timestamp) -> String {
        let buffer = ByteBuffer()
        buffer.appendRFC3339(time)
        return buffer.string
    }

    @Test(arguments: [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"),
        ("2026-01-31t12:00:00.5z", "2026-01-31T12:00:00.500Z"),
        ("2026-01-31 12:00:00.123456789+03:00", "2026-01-31T09:00:00.123Z"),
        ("2024-02-29T23:59:59-00:30", "2024-03-01T00:29:59.000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
    ])
    func `RFC 3339 times are read with their offset`(text: String, expected: String) throws {
        let time = try #require(bytes(text) { Timestamp(rfc3339: $0) })
        #expect(rfc3339(time) == expected)
    }

    @Test(arguments: [
        "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z", "2026-1-31T12:00:00Z", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00+0300",
        "2026-01-31T12:00:00ZZ", "", "1646239000", "2025-02-29T00:00:00Z",
    ])
    func `Texts that are no RFC 3339 time are refused`(text: String) {
        #expect(bytes(text) { Timestamp(rfc3339: $0) } == nil)
    }

    @Test func `Seconds and milliseconds are told apart by size`() {
        #expect(Timestamp(number: 1_646_239_000)?.unixMilliseconds == 1_646_239_000_000)
        #expect(Timestamp(number: 1_646_239_000.25)?.unixMilliseconds == 1_646_239_000_250)
        #expect(Timestamp(number: 1_646_239_000_250)?.unixMilliseconds == 1_646_239_000_250)
        #expect(Timestamp(number: 1e30) == nil)
    }

    @Test func `Every day from 1600 to 2400 is written and read back`() throws {
        let first = try #require(bytes("1600-01-01T00:00:00Z") { Timestamp(rfc3339: $0) }).unixMilliseconds
        for day in 0..<292_194 {
            let time = Timestamp(unixMilliseconds: first + Int64(day) * 86_400_000 + 3_723_004)
            let text = rfc3339(time)
            guard text.hasSuffix("T01:02:03.004Z"), bytes(text, { Timestamp(rfc3339: $0) }) == time else {
                Issue.record("day \(day): \(text)")
                return
            }
        }
    }

    @Test(arguments: [
        ("00:41:07.500000", 2467.5, "00:41:07.500000"), ("00:00:00", 0, "00:00:00.000000"),
        ("18:12:15", 65_535, "18:12:15.000000"), ("01:02:03.04", 3723.04, "01:02:03.040000"),
    ])
    func `Timecodes are seconds of the film`(text: String, seconds: Double, canonical: String) throws {
        let timecode = try #require(bytes(text) { Timecode($0) })
        #expect(timecode.seconds == seconds)
        let buffer = ByteBuffer()
        buffer.append(timecode)
        #expect(buffer.string == canonical)
    }

    @Test(arguments: [
        "0:41:07", "00:60:00", "00:00:60", "18:12:15.000001", "18:12:16", "99:00:00", "00:41", "00:41:07.",
        "00:41:07.1234567", "-0:41:07", "00:41:07 ", "aa:bb:cc", "",
    ])
    func `Texts that are no timecode are refused`(text: String) {
        #expect(bytes(text) { Timecode($0) } == nil)
    }

    @Test func `UUIDs are read in either case and written in lower case`() throws {
        let uuid = try #require(UUID("B5E3C0F0-7D2B-4b7e-8F3A-2F4D1C6B7A89"))
        #expect(uuid.description == "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89")
        #expect(uuid.version == 4)
        for text in [
            "zz", "", "b5e3c0f07d2b4b7e8f3a2f4d1c6b7a89", "{b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89}",
            "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a8g", "b5e3c0f0-7d2b-4b7e-8f3a2-f4d1c6b7a89",
        ] { #expect(UUID(text) == nil) }
    }

    @Test func `Made UUIDs are of version 7, carry their time, and differ`() {
        var generator = UUIDGenerator()
        var seen = Set<UUID>()
        for n in 0..<100_000 {
            let uuid = generator.next(unixMilliseconds: 1_769_860_800_000 + Int64(n / 1000))
            #expect(uuid.version == 7 && uuid.low >> 62 == 2)
            #expect(uuid.unixMilliseconds == 1_769_860_800_000 + Int64(n / 1000))
            seen.insert(uuid)
        }
        #expect(seen.count == 100_000)
    }
}
