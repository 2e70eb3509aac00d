import CZlib
public import Events

/// Compresses whole bodies into the gzip format (RFC 1952), keeping zlib's memory (about 256 KiB) from one to the
/// next.
///
/// `@unchecked Sendable`: has one owner at a time.
public final class GzipCompressor: @unchecked Sendable {
    /// JSON at this level: about two thirds of the best ratio at four times its speed.
    private static let level: Int32 = 3
    /// zlib's way to ask for a gzip header and the largest window.
    private static let gzipWindowBits: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8

    /// On the heap: zlib remembers the address.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    public init() {
        stream.initialize(to: z_stream())
        let code = deflateInit2_(
            stream, GzipCompressor.level, Z_DEFLATED, GzipCompressor.gzipWindowBits, GzipCompressor.memoryLevel,
            Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib cannot be initialised: \(code)")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Appends `bytes` to `output` as one gzip member. At most 4 GiB.
    public func compress(_ bytes: UnsafeRawBufferPointer, into output: ByteBuffer) {
        precondition(bytes.count <= UInt32.max, "a body is at most 4 GiB")
        deflateReset(stream)
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
        stream.pointee.avail_in = UInt32(bytes.count)
        let room = Int(deflateBound(stream, UInt(bytes.count)))
        output.appendUnsafe(room) { out in
            stream.pointee.next_out = out
            stream.pointee.avail_out = UInt32(clamping: room)
            let code = deflate(stream, Z_FINISH)
            precondition(code == Z_STREAM_END, "zlib did not keep to its bound")
            return Int(stream.pointee.total_out)
        }
    }
}
