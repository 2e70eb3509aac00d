internal import Glibc

/// A file read as it lies on the disk, for what SQLite cannot or must not read.
final class RawFile {
    let path: String
    private let descriptor: Int32
    let size: Int

    /// Throws `busy` where there is none.
    init(path: String) throws(SQLiteError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .busy("\(path): cannot open it: \(String(cString: strerror(errno)))") }
        self.path = path
        var status = stat()
        size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    deinit { close(descriptor) }

    /// Reads up to `target.count` bytes; answers how many are there. What the disk cannot read is as good as not there.
    func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) -> Int {
        var count = 0
        while count < target.count, let start = target.baseAddress {
            let got = pread(descriptor, start + count, target.count - count, off_t(offset + count))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { break }
            count += got
        }
        return count
    }

    func bytes(at offset: Int, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
