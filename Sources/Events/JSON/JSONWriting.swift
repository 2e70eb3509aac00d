import CSimdJSON

/// Writing JSON into a buffer. The one place where text becomes JSON text.
extension ByteBuffer {
    /// A string with its quotes. `text` is valid UTF-8; what JSON wants escaped is escaped, nothing else.
    public func appendJSON(string text: UnsafeRawBufferPointer) {
        // The longest escape, \u0000, is six bytes for one.
        appendUnsafe(text.count &* 6 &+ 2) { out in
            out[0] = UInt8(ascii: "\"")
            let n = 1 &+ ByteBuffer.escape(text, out + 1)
            out[n] = UInt8(ascii: "\"")
            return n &+ 1
        }
    }

    /// Copies `text` eight bytes at a time as long as none of them is escaped, and byte by byte where one is.
    @inline(__always)
    private static func escape(_ text: UnsafeRawBufferPointer, _ out: UnsafeMutablePointer<UInt8>) -> Int {
        guard let start = text.baseAddress else { return 0 }
        var (place, n) = (0, 0)
        while place < text.count {
            var end = text.count
            if place &+ 8 <= end {
                let word = start.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                if _fastPath(!Word.needsEscape(word)) {
                    UnsafeMutableRawPointer(out + n).storeBytes(of: word, as: UInt64.self)
                    place &+= 8
                    n &+= 8
                    continue
                }
                end = place &+ 8
            }
            while place < end {
                n &+= escape(start.load(fromByteOffset: place, as: UInt8.self), out + n)
                place &+= 1
            }
        }
        return n
    }

    public func appendJSON(string text: String) {
        var text = text
        text.withUTF8 { appendJSON(string: UnsafeRawBufferPointer($0)) }
    }

    @inline(__always)
    private static func escape(_ byte: UInt8, _ out: UnsafeMutablePointer<UInt8>) -> Int {
        if _fastPath(byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")) {
            out[0] = byte
            return 1
        }
        return escapeSpecial(byte, out)
    }

    private static func escapeSpecial(_ byte: UInt8, _ out: UnsafeMutablePointer<UInt8>) -> Int {
        out[0] = UInt8(ascii: "\\")
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out[1] = byte
        case 0x0A: out[1] = UInt8(ascii: "n")
        case 0x0D: out[1] = UInt8(ascii: "r")
        case 0x09: out[1] = UInt8(ascii: "t")
        default:
            out[1] = UInt8(ascii: "u")
            out[2] = UInt8(ascii: "0")
            out[3] = UInt8(ascii: "0")
            out[4] = Hex.digit(byte >> 4)
            out[5] = Hex.digit(byte & 15)
            return 6
        }
        return 2
    }

    /// A finite number, in the shortest form that reads back the same.
    public func appendJSON(number value: Double) {
        if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return appendDecimal(whole) }
        appendUnsafe(32) { out in
            Int(out.withMemoryRebound(to: CChar.self, capacity: 32) { cinelog_json_write_double(value, $0) })
        }
    }

    public func appendDecimal(_ value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        appendDecimal(value.magnitude)
    }

    public func appendDecimal(_ value: UInt64) {
        appendUnsafe(20) { out in
            var digits = 1
            var rest = value / 10
            while rest > 0 {
                digits += 1
                rest /= 10
            }
            rest = value
            for place in stride(from: digits - 1, through: 0, by: -1) {
                out[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return digits
        }
    }

    /// A parsed value, without white space, its members in their order.
    public func appendJSON(_ value: JSONValue) {
        switch value.kind {
        case .string: appendJSON(string: value.stringBytes)
        case .int: appendDecimal(Int64(bitPattern: value.tape[value.index + 1]))
        case .uint: appendDecimal(value.tape[value.index + 1])
        case .double: appendJSON(number: value.double!)
        case .yes: append("true")
        case .no: append("false")
        case .null: append("null")
        case .object:
            append(UInt8(ascii: "{"))
            var members = value.members
            var first = true
            while let (key, member) = members.next() {
                if !first { append(UInt8(ascii: ",")) }
                first = false
                appendJSON(string: key)
                append(UInt8(ascii: ":"))
                appendJSON(member)
            }
            append(UInt8(ascii: "}"))
        case .array:
            append(UInt8(ascii: "["))
            var first = true
            for element in value.elements {
                if !first { append(UInt8(ascii: ",")) }
                first = false
                appendJSON(element)
            }
            append(UInt8(ascii: "]"))
        default: preconditionFailure("the tape has no other letters")
        }
    }
}
