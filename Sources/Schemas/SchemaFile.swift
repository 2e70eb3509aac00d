import Glibc
import Platform

/// One file of a folder of schemas.
enum SchemaFile {
    /// Changes whenever the file does.
    static func signature(_ path: String) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { return "-" }
        return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }

    static func read(_ path: String) throws -> String {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw SchemaError("is no file") }
        guard status.st_size <= EventSchema.bytesMax else {
            throw SchemaError("is longer than \(EventSchema.bytesMax) bytes")
        }
        guard let text = try SmallFile.read(path) else { throw SchemaError("is gone") }
        return text
    }
}
