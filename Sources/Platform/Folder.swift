import Glibc

/// Folders that outlive a loss of power.
public enum Folder {
    /// Makes `path`, and the folders above it, where they are missing, for their owner only. Their names are on the disk when
    /// this returns: what is synced within a folder is lost with the folder's own name. 0, or the error number.
    public static func create(_ path: String) -> Int32 {
        var above = path.hasPrefix("/") ? "/" : "."
        var made = ""
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        for (place, part) in parts.enumerated() {
            made += made.isEmpty && above == "." ? String(part) : "/" + part
            let isNew = mkdir(made, 0o700) == 0
            guard isNew || errno == EEXIST else { return errno }
            // The last one also where it was there: whoever made it may have died before this.
            if isNew || place == parts.count - 1 {
                let error = sync(above)
                if error != 0, isNew { return error }
            }
            above = made
        }
        return 0
    }

    /// Makes the names in a folder durable. 0, or the error number; a file system that syncs no folders is content.
    public static func sync(_ path: String) -> Int32 {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return errno }
        defer { close(folder) }
        return fsync(folder) == 0 || errno == EINVAL ? 0 : errno
    }
}
