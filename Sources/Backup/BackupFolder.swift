import Glibc
import Platform

/// Where things lie in a backup:
///
///     manifest.ndjson       what it holds, with checksums; see `Manifest`
///     data/                 a DATA_DIR: log.sqlite, positions.sqlite, warehouse/
///
/// While it is being made it has another name, so that what has its name is whole.
struct BackupFolder {
    let path: String

    init(_ path: String) { self.path = path }

    var manifest: String { path + "/manifest.ndjson" }
    var data: String { path + "/data" }
    var unfinished: String { path + BackupFolder.unfinishedSuffix }

    static let unfinishedSuffix = ".cinelog-unfinished"

    /// Makes sure that a backup of `dataFolder` can be made here.
    func check(notWithin dataFolder: String) throws(BackupError) {
        guard path.hasPrefix("/"), !path.hasSuffix("/"), !path.contains("\0") else {
            throw .refused("the backup's folder must be an absolute path: \(path)")
        }
        guard !Folder.exists(path) else { throw .refused("\(path) exists already: name a new folder") }
        let above = Folder.above(path)
        guard let parent = Folder.real(above) else { throw .refused("there is no folder \(above)") }
        guard access(parent, W_OK | X_OK) == 0 else { throw BackupError(FileError("write into", parent)) }
        guard let data = Folder.real(dataFolder) else { throw BackupError(FileError("open", dataFolder)) }
        guard parent != data, !parent.hasPrefix(data == "/" ? data : data + "/") else {
            throw .refused("\(path) lies in DATA_DIR: a backup belongs on another disk, at least in another folder")
        }
    }
}

/// Remembers, in DATA_DIR, which backup is being made, so that what a killed process left of it is removed at the next start.
public struct UnfinishedBackup {
    private let note: String

    public init(dataFolder: String) { note = dataFolder + "/backup.unfinished" }

    func begin(_ folder: BackupFolder) throws(BackupError) {
        try withFiles { () throws(FileError) in try SmallFile.write(folder.unfinished, to: note) }
    }

    /// Removes what there is of it.
    public func remove() throws(BackupError) {
        try withFiles { () throws(FileError) in
            guard let left = try SmallFile.read(note) else { return }
            if left.hasSuffix(BackupFolder.unfinishedSuffix) { try FileTree.remove(left) }
            try FileTree.remove(note)
        }
    }
}
