/// A place in a film, to the microsecond.
public struct Timecode: Hashable, Sendable {
    public let microseconds: Int64

    /// A film is at most this long: its seconds fit 16 bits.
    public static let secondsMax = 65_535

    public var seconds: Double { Double(microseconds) / 1e6 }

    /// 0…65,535 seconds; nil otherwise.
    public init?(seconds: Double) {
        guard seconds >= 0, seconds <= Double(Timecode.secondsMax) else { return nil }
        microseconds = Int64((seconds * 1e6).rounded())
    }

    /// "HH:MM:SS", with 1–6 digits behind a point or none.
    public init?(_ text: UnsafeRawBufferPointer) {
        var reader = DigitReader(text)
        guard text.count <= 15, let hours = reader.digits(2), reader.take(":"), let minutes = reader.digits(2),
            reader.take(":"), let seconds = reader.digits(2), let fraction = reader.fraction(keeping: 6),
            reader.atEnd, minutes < 60, seconds < 60
        else { return nil }
        let whole = Int64((hours * 60 + minutes) * 60 + seconds)
        microseconds = whole * 1_000_000 + Int64(fraction)
        guard microseconds <= Int64(Timecode.secondsMax) * 1_000_000 else { return nil }
    }
}

extension ByteBuffer {
    /// `HH:MM:SS.ffffff`.
    public func append(_ timecode: Timecode) {
        let seconds = Int(timecode.microseconds / 1_000_000)
        appendUnsafe(15) { out in
            Digits.write(seconds / 3600, 2, out)
            out[2] = UInt8(ascii: ":")
            Digits.write(seconds / 60 % 60, 2, out + 3)
            out[5] = UInt8(ascii: ":")
            Digits.write(seconds % 60, 2, out + 6)
            out[8] = UInt8(ascii: ".")
            Digits.write(Int(timecode.microseconds % 1_000_000), 6, out + 9)
            return 15
        }
    }
}
