import Glibc

/// A call on a file or folder that the system refused.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried, as in "write".
    public let action: String
    public let path: String
    /// `errno`.
    public let code: Int32

    /// - Parameter code: `errno` as it is now, where left out.
    public init(_ action: String, _ path: String, code: Int32? = nil) {
        self.action = action
        self.path = path
        self.code = code ?? errno
    }

    /// Whether the disk, or somebody's share of it, is full.
    public var isFull: Bool { code == ENOSPC || code == EDQUOT }

    public var description: String { "cannot \(action) \(path): \(String(cString: strerror(code)))" }
}
