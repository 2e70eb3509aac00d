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
    /// Says that the last writer met damage, and what: the next one salvages, whatever it finds itself.
    private var suspect: String { path + "/log.suspect" }

    /// Makes the folder, and those above it, where they are missing; nobody else may look into them.
    func create() throws(LogOpenError) {
        do { try Folder.make(path) } catch { throw LogOpenError("\(error)") }
    }

    /// Makes SQLite build the WAL's index anew from the WAL's checksums (https://www.sqlite.org/walformat.html#recovery).
    ///
    /// The index lies in memory that writer and readers share, and outlives a writer while there are readers. After a failed
    /// sync the kernel may drop pages of the WAL that the index tells of: the next writer must not take its word. Only for the
    /// holder of the writer's lock, before it opens the log.
    func distrustWALIndex() {
        let file = open(log + "-shm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        // Two copies of a header of 48 bytes: without a good one the index counts for nothing.
        let headers = [UInt8](repeating: 0, count: 96)
        guard lseek(file, 0, SEEK_END) >= headers.count else { return }
        _ = pwrite(file, headers, headers.count, 0)
    }

    /// Size of the WAL's file, used or not.
    var walFileBytes: Int64 {
        var status = stat()
        return stat(log + "-wal", &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Bytes that a file in the folder may still grow by.
    var freeBytes: Int64 {
        var answer = statvfs()
        guard statvfs(path, &answer) == 0 else { return .max }
        return Int64(clamping: UInt64(answer.f_bavail) * UInt64(answer.f_frsize))
    }
}

// MARK: Files

extension LogFolder {
    /// Nil: there is none.
    func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Whole and on the disk when this returns.
    func write(_ text: String, to path: String) throws(SQLiteError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("cannot write \(path)") }
        defer { close(file) }
        var text = text
        let isWritten = text.withUTF8 { Glibc.write(file, $0.baseAddress, $0.count) == $0.count }
        guard isWritten, fsync(file) == 0 else { throw failure("cannot write \(path)") }
        try sync()
    }

    func rename(_ old: String, _ new: String) throws(SQLiteError) {
        guard Glibc.rename(old, new) == 0 else { throw failure("cannot rename \(old) to \(new)") }
        try sync()
    }

    /// Makes the folder's names durable.
    private func sync() throws(SQLiteError) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        guard folder >= 0, fsync(folder) == 0 else { throw failure("cannot sync \(path)") }
    }

    /// With what the system says.
    func failure(_ what: String) -> SQLiteError {
        let error = errno
        let message = "\(what): \(String(cString: strerror(error)))"
        return error == ENOSPC || error == EDQUOT ? .full(message) : .broken(message)
    }

    /// Paths of damaged files that were set aside, reports not included.
    var damagedCopies: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var copies: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
                start.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if DamagedCopy.isOne(name) { copies.append(path + "/" + name) }
        }
        return copies.sorted()
    }

    // MARK: Suspicion

    /// As far as it can be written down: on a disk that fails there may be no way.
    func suspect(_ reason: String) { try? write(reason, to: suspect) }

    func forgetSuspicion() { unlink(suspect) }

    /// What the last writer met.
    var suspicion: String? {
        guard access(suspect, F_OK) == 0 else { return nil }
        let words = (try? RawFile(path: suspect))?.bytes(at: 0, count: 4096) ?? []
        return words.isEmpty ? "the last run met damage" : String(decoding: words, as: UTF8.self)
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
        guard WriterLock.take(descriptor) else {
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

    /// A holder that is just ending, or a child of it that has not become another program yet, lets go in a moment.
    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 0..<triesMax {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(pauseMicroseconds)
        }
        return false
    }

    private static let triesMax = 25
    private static let pauseMicroseconds: UInt32 = 20_000

    /// The holder's process id, as it wrote it down.
    private static func read(_ descriptor: Int32) -> String {
        let digits = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { bytes in
            let count = pread(descriptor, bytes.baseAddress, bytes.count, 0)
            return String(decoding: bytes.prefix(max(0, count)).filter { (0x30...0x39).contains($0) }, as: UTF8.self)
        }
        return digits.isEmpty ? "" : " (\(digits))"
    }
}
