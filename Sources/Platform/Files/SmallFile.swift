import Glibc

/// Files of a few lines, written and read whole.
public enum SmallFile {
    private static let bytesMax = 1 << 20

    /// Replaces the file, durably: after a crash it holds the old text or the new one.
    public static func write(_ text: String, to path: String) throws(FileError) {
        let new = path + ".new"
        let file = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileError("open", new) }
        defer { close(file) }
        var text = text
        let isWritten = text.withUTF8 { Glibc.write(file, $0.baseAddress, $0.count) == $0.count }
        guard isWritten, fsync(file) == 0 else { throw FileError("write", new) }
        try Folder.move(new, to: path)
    }

    /// Nil where there is no file.
    public static func read(_ path: String) throws(FileError) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            guard errno == ENOENT else { throw FileError("open", path) }
            return nil
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= bytesMax {
            let count = Glibc.read(file, &piece, piece.count)
            guard count >= 0 else { throw FileError("read", path) }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
