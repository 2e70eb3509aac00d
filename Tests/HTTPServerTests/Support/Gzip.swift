import Compression
import Events

/// One gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    let output = ByteBuffer()
    bytes.withUnsafeBytes { GzipCompressor().compress($0, into: output) }
    return Array(output.bytes)
}

/// Bytes that differ from place to place, the same every time.
func pattern(_ count: Int) -> [UInt8] {
    var state: UInt32 = 0x9E37_79B9
    return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(state >> 24)
    }
}
