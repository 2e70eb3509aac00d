import Events
import Testing

/// What is written eight bytes at a time reads as if it had been written byte by byte.
@Suite struct BytesTests {
    /// As JSON wants it (RFC 8259, section 7), one byte after the other.
    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x22]
        for byte in bytes {
            switch byte {
            case 0x22, 0x5C: out += [0x5C, byte]
            case 0x0A: out += Array("\\n".utf8)
            case 0x0D: out += Array("\\r".utf8)
            case 0x09: out += Array("\\t".utf8)
            case 0..<0x20: out += Array(("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8)
            default: out.append(byte)
            }
        }
        return out + [0x22]
    }

    @Test func `Every byte is escaped as it must be, at every place of texts of every length around a word's`() {
        var differences = 0
        let buffer = ByteBuffer()
        for count in 1...26 {
            for place in 0..<count {
                for byte in UInt8.min...UInt8.max {
                    var text = (0..<count).map { UInt8(0x61 + $0) }
                    text[place] = byte
                    buffer.clear()
                    text.withUnsafeBytes { buffer.appendJSON(string: $0) }
                    if Array(buffer.bytes) != BytesTests.escaped(text) { differences += 1 }
                }
            }
        }
        #expect(differences == 0)
    }

    @Test func `Neighbours of what is escaped do not hide it`() {
        let hard: [UInt8] = [0x00, 0x01, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x7F, 0x80, 0xA2, 0xDC, 0xFF]
        let buffer = ByteBuffer()
        for first in hard {
            for second in hard {
                for place in 0..<8 {
                    var text = [UInt8](repeating: 0x61, count: 9)
                    (text[place], text[place + 1]) = (first, second)
                    buffer.clear()
                    text.withUnsafeBytes { buffer.appendJSON(string: $0) }
                    #expect(Array(buffer.bytes) == BytesTests.escaped(text))
                }
            }
        }
    }

    @Test func `An identifier is written digit by digit as its number says`() {
        for shift in stride(from: UInt64(0), to: 64, by: 4) {
            for digit in UInt64(0)..<16 {
                for uuid in [UUID(high: digit << shift, low: 0), UUID(high: ~0, low: digit << shift)] {
                    let digits = [uuid.high, uuid.low].map {
                        let text = String($0, radix: 16)
                        return String(repeating: "0", count: 16 - text.count) + text
                    }.joined()
                    var expected = ""
                    for (place, digit) in digits.enumerated() {
                        if [8, 12, 16, 20].contains(place) { expected += "-" }
                        expected.append(digit)
                    }
                    #expect(uuid.description == expected)
                }
            }
        }
    }
}
