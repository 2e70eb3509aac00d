import Glibc

/// One folder, and the disk it is on.
public enum Folder {
    /// Makes the folder, and those above it, where they are missing, for their owner only. Their names are on the disk when
    /// this returns: what is synced within a folder is lost with the folder's own name.
    public static func make(_ path: String) throws(FileError) {
        var above = path.hasPrefix("/") ? "/" : "."
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        for (place, part) in parts.enumerated() {
            let made = above == "." ? String(part) : above == "/" ? "/\(part)" : "\(above)/\(part)"
            let isNew = mkdir(made, 0o700) == 0
            guard isNew || errno == EEXIST else { throw FileError("make the folder", made) }
            // The last one also where it was there: whoever made it may have died before this.
            if isNew { try sync(above) } else if place == parts.count - 1 { try? sync(above) }
            above = made
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

    /// Makes what was created, renamed or removed in the folder outlast a power cut; or the bytes, of a file. (A file system
    /// that syncs no folders is content.)
    public static func sync(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError("sync", path) }
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
