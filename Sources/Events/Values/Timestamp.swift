/// A moment in UTC with milliseconds: what events and tables hold.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var unixMilliseconds: Int64

    public init(unixMilliseconds: Int64) { self.unixMilliseconds = unixMilliseconds }

    /// 2000-01-01T00:00:00Z: an earlier time of an event is an error.
    public static let earliest = Timestamp(unixMilliseconds: 946_684_800_000)
    /// 2100-01-01T00:00:00Z: a later one too.
    public static let latest = Timestamp(unixMilliseconds: 4_102_444_800_000)

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.unixMilliseconds < b.unixMilliseconds }

    /// Numbers below 10¹¹ are Unix seconds (till the year 5138), others Unix milliseconds (from 1973 on).
    public init?(number: Double) {
        let milliseconds = abs(number) < 1e11 ? number * 1000 : number
        guard abs(milliseconds) < 1e15 else { return nil }
        unixMilliseconds = Int64(milliseconds.rounded())
    }

    /// ClickHouse's own form, UTC: `2026-01-31 12:00:00[.123]`.
    public init?(clickHouse text: UnsafeRawBufferPointer) {
        guard text.count <= 29 else { return nil }
        let moment = withUnsafeTemporaryAllocation(byteCount: 30, alignment: 1) { zoned in
            zoned.copyMemory(from: text)
            zoned[text.count] = UInt8(ascii: "Z")
            return Timestamp(rfc3339: UnsafeRawBufferPointer(rebasing: zoned[...text.count]))
        }
        guard let moment else { return nil }
        self = moment
    }

    /// RFC 3339: `2026-01-31T12:00:00[.5](Z|±hh:mm)`, with `T` or a space. Digits beyond milliseconds are dropped.
    public init?(rfc3339 text: UnsafeRawBufferPointer) {
        var reader = DigitReader(text)
        guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2), reader.take("-"),
            let day = reader.digits(2), reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.digits(2), reader.take(":"), let minute = reader.digits(2), reader.take(":"),
            let second = reader.digits(2), let fraction = reader.fraction(keeping: 3),
            let offsetMinutes = reader.zone(), reader.atEnd,
            (1...12).contains(month), day >= 1, day <= Civil.days(inMonth: month, year: year),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let days = Civil.days(year: year, month: month, day: day)
        let seconds = ((Int64(days) * 24 + Int64(hour)) * 60 + Int64(minute - offsetMinutes)) * 60
        // A leap second (RFC 3339, 5.6) is counted as the second before it: Unix time has no other place for it.
        unixMilliseconds = (seconds + Int64(min(second, 59))) * 1000 + Int64(fraction)
    }
}

extension ByteBuffer {
    /// ClickHouse's own form: `2026-01-31 12:00:00.123`, UTC.
    public func appendClickHouse(_ time: Timestamp) { appendCivil(time, separator: UInt8(ascii: " "), zone: false) }

    /// `2026-01-31T12:00:00.123Z`.
    public func appendRFC3339(_ time: Timestamp) { appendCivil(time, separator: UInt8(ascii: "T"), zone: true) }

    private func appendCivil(_ time: Timestamp, separator: UInt8, zone: Bool) {
        let (days, ofDay) = time.unixMilliseconds.flooredQuotient(by: 86_400_000)
        let date = Civil.date(days: Int(days))
        let milliseconds = Int(ofDay)
        appendUnsafe(24) { out in
            Digits.write(date.year, 4, out)
            out[4] = UInt8(ascii: "-")
            Digits.write(date.month, 2, out + 5)
            out[7] = UInt8(ascii: "-")
            Digits.write(date.day, 2, out + 8)
            out[10] = separator
            Digits.write(milliseconds / 3_600_000, 2, out + 11)
            out[13] = UInt8(ascii: ":")
            Digits.write(milliseconds / 60_000 % 60, 2, out + 14)
            out[16] = UInt8(ascii: ":")
            Digits.write(milliseconds / 1000 % 60, 2, out + 17)
            out[19] = UInt8(ascii: ".")
            Digits.write(milliseconds % 1000, 3, out + 20)
            out[23] = UInt8(ascii: "Z")
            return zone ? 24 : 23
        }
    }
}

extension Int64 {
    func flooredQuotient(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
