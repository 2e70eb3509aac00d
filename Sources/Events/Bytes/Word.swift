/// Eight bytes at a time, in one register.
enum Word {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// Whether one of the bytes has to be escaped in a JSON string: a control character, a quote or a backslash. (Each line is the
    /// known test for a byte that is zero or below a bound; a borrow can only begin at a byte that is one.)
    @inline(__always)
    static func needsEscape(_ word: UInt64) -> Bool {
        let quote = word ^ ones &* UInt64(UInt8(ascii: "\""))
        let backslash = word ^ ones &* UInt64(UInt8(ascii: "\\"))
        let found =
            ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- ones &* 0x20) & ~word)
        return found & tops != 0
    }

    /// The eight hexadecimal digits of `value`, the highest in the first byte of memory.
    @inline(__always)
    static func hexDigits(_ value: UInt32) -> UInt64 {
        // A nibble a byte, the lowest in the lowest.
        var word = UInt64(value)
        word = (word | word << 16) & 0x0000_FFFF_0000_FFFF
        word = (word | word << 8) & 0x00FF_00FF_00FF_00FF
        word = (word | word << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let isLetter = ((word &+ ones &* 6) >> 4) & ones
        let digits = word &+ ones &* UInt64(UInt8(ascii: "0")) &+ isLetter &* 39  // from behind "9" to "a"
        return digits.bigEndian
    }
}
