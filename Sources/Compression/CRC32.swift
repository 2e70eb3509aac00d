import CZlib

/// The checksum of gzip and zip (RFC 1952, 8): finds damage, not forgery.
public struct CRC32: Sendable, Equatable {
    public private(set) var value: UInt32 = 0

    public init() {}

    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let start, !bytes.isEmpty else { return }
        value = UInt32(crc32_z(UInt(value), start, bytes.count))
    }

    /// Eight hexadecimal digits.
    public var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
