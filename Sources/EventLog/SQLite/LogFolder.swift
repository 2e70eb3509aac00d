internal import Glibc
internal import Platform

/// Why a log could not be opened, with what to do about it.
public struct LogOpenError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// `DATA_DIR` and the files of the log in it.
struct LogFolder: Sendable {
    let path: String

    var log: String { path + "/log.sqlite" }
    var positions: String { path + "/positions.sqlite" }
    var lock: String { path + "/log.lock" }

    /// Makes the folder, and those above it, where they are missing; nobody else may look into them.
    func create() throws(LogOpenError) {
        do { try Folder.make(path) } catch { throw LogOpenError("\(error)") }
    }

    /// Bytes that a file in the folder may still grow by.
    var freeBytes: Int64 {
        var answer = statvfs()
        guard statvfs(path, &answer) == 0 else { return .max }
        return Int64(clamping: UInt64(answer.f_bavail) * UInt64(answer.f_frsize))
    }
}

/// Held by the one process that writes the log; the kernel gives it back when the process ends, however it ends.
final class WriterLock: Sendable {
    private let descriptor: Int32

    init(_ folder: LogFolder) throws(LogOpenError) {
        let descriptor = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LogOpenError("cannot open \(folder.lock): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = WriterLock.read(descriptor)
            close(descriptor)
            throw LogOpenError(
                "another process\(holder) writes the log in \(folder.path): stop it, or choose another DATA_DIR")
        }
        self.descriptor = descriptor
        ftruncate(descriptor, 0)
        let process = "\(getpid())\n"
        _ = write(descriptor, process, process.utf8.count)
    }

    deinit { close(descriptor) }

    /// The holder's process id, as it wrote it down.
    private static func read(_ descriptor: Int32) -> String {
        let digits = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { bytes in
            let count = pread(descriptor, bytes.baseAddress, bytes.count, 0)
            return String(decoding: bytes.prefix(max(0, count)).filter { (0x30...0x39).contains($0) }, as: UTF8.self)
        }
        return digits.isEmpty ? "" : " (\(digits))"
    }
}
