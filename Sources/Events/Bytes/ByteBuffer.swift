import Glibc

/// Growable raw bytes: request bodies, canonical lines, answers. No reference counting per byte, no zeroing.
///
/// `@unchecked Sendable`: a buffer has one owner at a time; whoever hands it on does not touch it again.
public final class ByteBuffer: @unchecked Sendable {
    public private(set) var base: UnsafeMutablePointer<UInt8>
    public private(set) var count = 0
    public private(set) var capacity: Int

    public init(capacity: Int = 1024) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    public convenience init(_ text: String) {
        self.init(capacity: text.utf8.count)
        append(text)
    }

    deinit { base.deallocate() }

    /// The content, for as long as the buffer lives: a buffer whose last use this is may be gone before the bytes are read
    /// (`withExtendedLifetime` keeps it).
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// The bytes as text (ill-formed UTF-8 is repaired).
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Forgets the content, keeps the memory.
    public func clear() { count = 0 }

    /// Forgets the content and gives back memory beyond `capacity`.
    public func clear(keeping capacity: Int) {
        count = 0
        guard self.capacity > capacity else { return }
        base.deallocate()
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    /// Drops everything behind `count`.
    public func truncate(to count: Int) {
        precondition(count <= self.count)
        self.count = count
    }

    /// Makes room for `extra` more bytes, growing by doubling.
    @inline(__always)
    public func reserve(_ extra: Int) {
        if count + extra > capacity { grow(extra) }
    }

    @inline(never)
    private func grow(_ extra: Int) {
        let wanted = max(capacity * 2, count + extra)
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
        memcpy(grown, base, count)
        base.deallocate()
        base = grown
        capacity = wanted
    }

    @inline(__always)
    public func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    @inline(__always)
    public func append(_ bytes: UnsafeRawPointer, count n: Int) {
        reserve(n)
        memcpy(base + count, bytes, n)
        count += n
    }

    public func append(_ bytes: UnsafeRawBufferPointer) {
        if let start = bytes.baseAddress { append(start, count: bytes.count) }
    }

    @inline(__always)
    public func append(_ text: StaticString) {
        append(text.utf8Start, count: text.utf8CodeUnitCount)
    }

    public func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Lets `write` fill up to `extra` bytes at the end and answer how many it wrote.
    @inline(__always)
    public func appendUnsafe(_ extra: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
        reserve(extra)
        let written = write(base + count)
        precondition(written <= extra)
        count += written
    }
}
