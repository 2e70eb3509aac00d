/// Fixed-width decimal digits.
enum Digits {
    /// Writes `value` with leading zeros.
    @inline(__always)
    static func write(_ value: Int, _ width: Int, _ out: UnsafeMutablePointer<UInt8>) {
        var rest = value
        for place in stride(from: width &- 1, through: 0, by: -1) {
            out[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}

/// Reads fixed forms such as dates and timecodes from left to right.
struct DigitReader {
    private let text: UnsafeRawBufferPointer
    private var at = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    var atEnd: Bool { at == text.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard at < text.count, text[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    /// Exactly `count` digits.
    mutating func digits(_ count: Int) -> Int? {
        guard at + count <= text.count else { return nil }
        var value = 0
        for byte in text[at..<at + count] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        at += count
        return value
    }

    /// An optional `.` and 1–9 digits, of which `keeping` count; 0 where there is no point.
    mutating func fraction(keeping: Int) -> Int? {
        guard take(".") else { return 0 }
        var value = 0
        var count = 0
        while count < 9, let digit = digits(1) {
            if count < keeping { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in 0..<max(0, keeping - count) { value *= 10 }
        return value
    }

    /// `Z` or `±hh:mm`: minutes east of UTC.
    mutating func zone() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = digits(2), take(":"), let minutes = digits(2), hours < 24, minutes < 60 else {
            return nil
        }
        return sign * (hours * 60 + minutes)
    }
}
