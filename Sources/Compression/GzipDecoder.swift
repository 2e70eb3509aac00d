import CZlib
public import Events

public enum GzipError: Error, Equatable, Sendable {
    /// The decoded bytes are more than the limit.
    case tooLarge
    case malformed(String)
}

/// Decodes one gzip member (RFC 1952) as its bytes come in, up to a limit: a bomb costs no more than the limit.
///
/// `@unchecked Sendable`: has one owner at a time.
public final class GzipDecoder: @unchecked Sendable {
    private static let gzipWindowBits: Int32 = 15 + 16
    private static let chunkBytes = 16_384

    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var ended = false

    public init() {
        stream.initialize(to: z_stream())
        let code = inflateInit2_(
            stream, GzipDecoder.gzipWindowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib cannot be initialised: \(code)")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Appends what `bytes` decode to; `output` holds at most `max` bytes afterwards.
    public func decode(_ bytes: UnsafeRawBufferPointer, into output: ByteBuffer, max: Int) throws(GzipError) {
        guard !bytes.isEmpty else { return }
        guard !ended else { throw .malformed("something follows the compressed body") }
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
        stream.pointee.avail_in = UInt32(bytes.count)
        while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0 {
            // One byte over the limit shows that there is more.
            guard output.count <= max else { throw .tooLarge }
            let code = step(output, Swift.min(GzipDecoder.chunkBytes, max + 1 - output.count))
            if code == Z_STREAM_END {
                ended = true
                guard stream.pointee.avail_in == 0 else { throw .malformed("something follows the compressed body") }
                break
            }
            if code == Z_BUF_ERROR { break }
            guard code == Z_OK else { throw .malformed("it is not gzip") }
        }
        guard output.count <= max else { throw .tooLarge }
    }

    private func step(_ output: ByteBuffer, _ room: Int) -> Int32 {
        var code = Z_OK
        output.appendUnsafe(room) { out in
            stream.pointee.next_out = out
            stream.pointee.avail_out = UInt32(room)
            code = inflate(stream, Z_NO_FLUSH)
            return room - Int(stream.pointee.avail_out)
        }
        return code
    }

    /// Throws where the body ended before its content did.
    public func finish() throws(GzipError) {
        guard ended else { throw .malformed("the compressed body is cut short") }
    }
}
