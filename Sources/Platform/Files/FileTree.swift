import Glibc

/// Folders with all that is in them.
public enum FileTree {
    /// A regular file: its path below the folder that was listed, and its length.
    public struct File: Sendable, Equatable {
        public let path: String
        public let bytes: Int64

        public init(path: String, bytes: Int64) {
            self.path = path
            self.bytes = bytes
        }
    }

    /// Deeper than anything of ours.
    private static let depthMax = 32

    /// Every regular file below `root`, in order of their paths. Symbolic links and sockets are passed over.
    public static func files(below root: String) throws(FileError) -> [File] {
        var files: [File] = []
        try walk(root, "", 0) { (path, status) throws(FileError) in
            if status.st_mode & S_IFMT == S_IFREG { files.append(File(path: path, bytes: Int64(status.st_size))) }
        }
        return files.sorted { $0.path < $1.path }
    }

    /// Every folder below `root`, those above before those within them.
    public static func folders(below root: String) throws(FileError) -> [String] {
        var folders: [String] = []
        try walk(root, "", 0) { (path, status) throws(FileError) in
            if status.st_mode & S_IFMT == S_IFDIR { folders.append(path) }
        }
        return folders
    }

    /// The names of the folders right in a folder.
    public static func subfolders(of folder: String) throws(FileError) -> [String] {
        try names(in: folder).filter { name in
            var status = stat()
            return lstat("\(folder)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
    }

    /// The names in a folder, in their order.
    public static func names(in folder: String) throws(FileError) -> [String] {
        guard let stream = opendir(folder) else { throw FileError("read", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw FileError("read", folder) }
        return names.sorted()
    }

    /// Removes a file, or a folder with all that is in it; links are removed, not followed. Nothing there is no error.
    public static func remove(_ path: String) throws(FileError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw FileError("look at", path) }
            return
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try names(in: path) { try remove("\(path)/\(name)") }
            guard rmdir(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
        } else {
            guard unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
        }
    }

    private static func walk(
        _ root: String, _ folder: String, _ depth: Int, _ visit: (String, stat) throws(FileError) -> Void
    ) throws(FileError) {
        guard depth < depthMax else { throw FileError("go deeper into", root + "/" + folder, code: ELOOP) }
        for name in try names(in: folder.isEmpty ? root : root + "/" + folder) {
            let path = folder.isEmpty ? name : folder + "/" + name
            var status = stat()
            guard lstat(root + "/" + path, &status) == 0 else {
                if errno == ENOENT { continue }
                throw FileError("look at", root + "/" + path)
            }
            try visit(path, status)
            if status.st_mode & S_IFMT == S_IFDIR { try walk(root, path, depth + 1, visit) }
        }
    }
}
