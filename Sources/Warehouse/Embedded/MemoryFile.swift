import CADBC
import Glibc

/// A file in memory through which lines reach the engine: it reads them by their path under /proc, faster than from a
/// statement's text and without a copy of its own.
final class MemoryFile: Sendable {
    private let descriptor: Int32

    init() throws(WarehouseError) {
        descriptor = cinelog_memory_file("cinelog lines")
        guard descriptor >= 0 else { throw .unavailable("No memory for lines: \(errorText())") }
    }

    deinit { close(descriptor) }

    var path: String { "/proc/self/fd/\(descriptor)" }

    /// Replaces the content.
    func write(_ bytes: UnsafeRawBufferPointer) throws(WarehouseError) {
        clear()
        var done = 0
        while done < bytes.count {
            let written = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(done))
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw .unavailable("No memory for lines: \(errorText())") }
            done += written
        }
    }

    /// Gives the memory back.
    func clear() { ftruncate(descriptor, 0) }
}
