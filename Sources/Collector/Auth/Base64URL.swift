import Events

/// Base64url without padding (RFC 4648, section 5; RFC 7515, section 2). Strict: one text for one content.
enum Base64URL {
    /// Appends what `text` stands for; false, and nothing appended, where it is not base64url, is padded, or has bits
    /// left over.
    static func decode(_ text: UnsafeRawBufferPointer, into output: ByteBuffer) -> Bool {
        let start = output.count
        var bits: UInt32 = 0
        var bitCount = 0
        output.reserve(text.count * 3 / 4 + 1)
        for character in text {
            guard let value = value(character) else {
                output.truncate(to: start)
                return false
            }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
            }
        }
        // A lone character is no byte; spare bits other than zero would spell the same content twice.
        guard bitCount < 6, bits & (1 << UInt32(bitCount) - 1) == 0 else {
            output.truncate(to: start)
            return false
        }
        return true
    }

    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                text.append(alphabet[Int(bits >> UInt32(bitCount) & 63)])
            }
        }
        if bitCount > 0 { text.append(alphabet[Int(bits << UInt32(6 - bitCount) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    @inline(__always)
    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character &- UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character &- UInt8(ascii: "a") &+ 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character &- UInt8(ascii: "0") &+ 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
