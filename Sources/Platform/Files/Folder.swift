import Glibc

/// One folder, and the disk it is on.
public enum Folder {
    /// Makes the folder and the parents that it lacks, for its owner only.
    public static func make(_ path: String) throws(FileError) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += part + "/"
            guard made == "/" || mkdir(made, 0o700) == 0 || errno == EEXIST else { throw FileError("make", made) }
        }
    }

    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// The absolute path, links followed. Nil: there is nothing.
    public static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// The length of a file.
    public static func bytes(of path: String) throws(FileError) -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError("look at", path) }
        return Int64(status.st_size)
    }

    /// Bytes that files on the folder's disk may still grow by.
    public static func freeBytes(_ path: String) throws(FileError) -> Int64 {
        var answer = statvfs()
        guard statvfs(path, &answer) == 0 else { throw FileError("look at", path) }
        return Int64(clamping: UInt64(answer.f_bavail) * UInt64(answer.f_frsize))
    }

    /// Makes what was created, renamed or removed in the folder outlast a power cut; or the bytes, of a file.
    public static func sync(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError("sync", path) }
    }

    /// Renames within a disk, durably in both folders. What is at `new` must not exist, or be an empty folder.
    public static func move(_ old: String, to new: String) throws(FileError) {
        guard rename(old, new) == 0 else { throw FileError("rename to \(new)", old) }
        try sync(above(new))
        if above(old) != above(new) { try sync(above(old)) }
    }

    /// The folder that something lies in.
    public static func above(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
