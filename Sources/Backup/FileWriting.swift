import Compression
import Platform
import Warehouse

/// The longest part of a backup: copies the tables' files, and looks at every file once more for the manifest.
struct FileWriting {
    private let backup: BackupRun
    private let folder: BackupFolder
    private let tables: FrozenTables

    init(_ backup: BackupRun, _ folder: BackupFolder, _ tables: FrozenTables) {
        self.backup = backup
        self.folder = folder
        self.tables = tables
    }

    func run() throws(BackupError) -> [Manifest.File] {
        let told = Percentage("copied", of: tables.bytes, backup.progress)
        let copier = FileCopier { (bytes) throws(BackupError) in
            guard !backup.isAbandoned() else { throw .abandoned }
            told.add(bytes)
        }
        var files: [Manifest.File] = []
        for file in try withFiles({ () throws(FileError) in try FileTree.files(below: folder.data) }) {
            files.append(Manifest.File(file.path, try copier.look(at: "\(folder.data)/\(file.path)")))
            try withFiles { () throws(FileError) in try Folder.sync("\(folder.data)/\(file.path)") }
        }
        for file in tables.files {
            let path = "warehouse/\(file.path)"
            let target = "\(folder.data)/\(path)"
            try withFiles { () throws(FileError) in try Folder.make(Folder.above(target)) }
            files.append(Manifest.File(path, try copier.copy(file.source, to: target)))
        }
        return files
    }
}

extension Manifest.File {
    init(_ path: String, _ seen: FileCopier.Seen) {
        self.init(path: path, bytes: seen.bytes, crc32: seen.crc32.text)
    }
}
