import Compression
import Glibc
import Platform

/// Copies and reads files in pieces, with their checksums. Every copy is synced: what a full or failing disk does not take is
/// found here, and not when the copy is needed.
///
/// `@unchecked Sendable`: used by the one thread that runs a backup or brings one back.
final class FileCopier: @unchecked Sendable {
    private static let pieceBytes = 1 << 20

    struct Seen: Equatable {
        var bytes: Int64 = 0
        var crc32 = CRC32()
    }

    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: FileCopier.pieceBytes, alignment: 4096)
    /// Told the bytes of each piece; throws to break off.
    private let step: (Int) throws(BackupError) -> Void

    init(step: @escaping (Int) throws(BackupError) -> Void) { self.step = step }

    deinit { piece.deallocate() }

    /// Copies a file to where there is none yet, for its owner only.
    func copy(_ source: String, to target: String) throws(BackupError) -> Seen {
        let writing = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard writing >= 0 else { throw BackupError(FileError("make", target)) }
        defer { close(writing) }
        let seen = try read(source) { (bytes) throws(BackupError) in
            try withFiles { () throws(FileError) in try FileCopier.write(bytes, writing, target) }
        }
        guard fsync(writing) == 0 else { throw BackupError(FileError("sync", target)) }
        return seen
    }

    /// Length and checksum of a file as it is on the disk.
    func look(at path: String) throws(BackupError) -> Seen { try read(path) { _ throws(BackupError) in } }

    private func read(_ path: String, _ take: (UnsafeRawBufferPointer) throws(BackupError) -> Void) throws(BackupError)
        -> Seen
    {
        let reading = open(path, O_RDONLY | O_CLOEXEC)
        guard reading >= 0 else { throw BackupError(FileError("open", path)) }
        defer { close(reading) }
        var seen = Seen()
        while true {
            let count = Glibc.read(reading, piece.baseAddress, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw BackupError(FileError("read", path)) }
            try step(count)
            guard count > 0 else { return seen }
            let bytes = UnsafeRawBufferPointer(rebasing: piece[..<count])
            try take(bytes)
            seen.crc32.add(bytes)
            seen.bytes += Int64(count)
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, _ file: Int32, _ path: String) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
