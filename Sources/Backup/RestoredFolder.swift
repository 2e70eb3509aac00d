import Glibc
import Platform

/// A DATA_DIR that a backup is brought back into. Everything is made in a folder within it and moved into place at the end; as
/// long as that folder is there, the restoring is not done, and nothing may be started on it.
public struct RestoredFolder {
    private static let stagingName = "restoring"

    let path: String
    /// What is being restored, before it is moved into place. Of the same disk as DATA_DIR, which may be a disk of its own.
    var staging: String { "\(path)/\(RestoredFolder.stagingName)" }

    public init(_ path: String) { self.path = path }

    /// Whether a restore broke off here.
    public var isHalfRestored: Bool { Folder.exists(staging) }

    /// Makes the folder, or what an earlier try left of it, empty and ready.
    func prepare() throws(BackupError) {
        if !isHalfRestored, Folder.exists(path) {
            let names = try withFiles { () throws(FileError) in try FileTree.names(in: path) }
            guard names.isEmpty else {
                throw .refused(
                    "DATA_DIR \(path) is not empty (\(names[0])): restore into a new folder, or move this one away")
            }
        }
        try withFiles { () throws(FileError) in
            try Folder.make(path)
            guard chmod(path, 0o700) == 0 else { throw FileError("change", path) }
            // The mark goes last: what lies beside it is a restore's, for nothing else can have been started.
            for name in try FileTree.names(in: path) where name != RestoredFolder.stagingName {
                try FileTree.remove("\(path)/\(name)")
            }
            try FileTree.remove(staging)
            try Folder.make(staging)
            try Folder.sync(path)
        }
    }

    /// Puts everything into its place.
    func finish() throws(BackupError) {
        try withFiles { () throws(FileError) in
            for inner in try FileTree.folders(below: staging) { try Folder.sync("\(staging)/\(inner)") }
            for name in try FileTree.names(in: staging) { try Folder.move("\(staging)/\(name)", to: "\(path)/\(name)") }
            try FileTree.remove(staging)
            try Folder.sync(path)
        }
    }

    /// Removes what a restore that failed has made.
    func abandon() {
        guard isHalfRestored, let names = try? FileTree.names(in: path) else { return }
        for name in names where name != RestoredFolder.stagingName { try? FileTree.remove("\(path)/\(name)") }
        try? FileTree.remove(staging)
    }
}
