/// A 128-bit identifier (RFC 9562). Written in lower case, 8-4-4-4-12.
public struct UUID: Hashable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Stands for "no user": an anonymous event's user_id.
    public static let none = UUID(high: 0, low: 0)

    /// From the 36-character form, either case; nil for anything else.
    public init?(_ text: UnsafeRawBufferPointer) {
        guard text.count == 36, let start = text.baseAddress else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for place in 0..<36 {
            let byte = start.load(fromByteOffset: place, as: UInt8.self)
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let value = Hex.value(byte) else { return nil }
            if place < 18 { high = high << 4 | UInt64(value) } else { low = low << 4 | UInt64(value) }
        }
        self.init(high: high, low: low)
    }

    public init?(_ text: String) {
        var text = text
        guard let value = text.withUTF8({ UUID(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = value
    }

    /// 1…8 as RFC 9562 numbers them; 0 for the nil UUID.
    public var version: Int { Int(high >> 12 & 0xF) }

    /// For version 7: its Unix milliseconds.
    public var unixMilliseconds: Int64? { version == 7 ? Int64(high >> 16) : nil }

    public var description: String {
        let buffer = ByteBuffer(capacity: 64)
        buffer.append(self)
        return buffer.string
    }
}

extension ByteBuffer {
    /// The 36-character form.
    public func append(_ uuid: UUID) {
        appendUnsafe(36) { out in
            let raw = UnsafeMutableRawPointer(out)
            let second = Word.hexDigits(UInt32(truncatingIfNeeded: uuid.high))
            let third = Word.hexDigits(UInt32(truncatingIfNeeded: uuid.low >> 32))
            raw.storeBytes(of: Word.hexDigits(UInt32(truncatingIfNeeded: uuid.high >> 32)), as: UInt64.self)
            raw.storeBytes(of: UInt32(truncatingIfNeeded: second), toByteOffset: 9, as: UInt32.self)
            raw.storeBytes(of: UInt32(truncatingIfNeeded: second >> 32), toByteOffset: 14, as: UInt32.self)
            raw.storeBytes(of: UInt32(truncatingIfNeeded: third), toByteOffset: 19, as: UInt32.self)
            raw.storeBytes(of: UInt32(truncatingIfNeeded: third >> 32), toByteOffset: 24, as: UInt32.self)
            raw.storeBytes(
                of: Word.hexDigits(UInt32(truncatingIfNeeded: uuid.low)), toByteOffset: 28, as: UInt64.self)
            (out[8], out[13], out[18], out[23]) = (0x2D, 0x2D, 0x2D, 0x2D)
            return 36
        }
    }
}
