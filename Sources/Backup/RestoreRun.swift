import Platform

/// Brings a backup back into a DATA_DIR that is empty or missing. All of the backup is looked at before anything is written, and
/// all that was written afterwards.
public struct RestoreRun {
    /// Opens the tables of a restored warehouse and throws where they are not in order.
    public typealias Check = (_ dataFolder: String) throws(BackupError) -> Void

    private let backup: BackupFolder
    private let target: RestoredFolder
    private let schemaNewest: Int
    private let check: Check
    private let progress: (String) -> Void

    /// - Parameter schemaNewest: what this program knows of the tables' schema.
    public init(
        _ backup: String, into dataFolder: String, schemaNewest: Int, check: @escaping Check,
        progress: @escaping (String) -> Void
    ) {
        self.backup = BackupFolder(backup)
        target = RestoredFolder(dataFolder)
        self.schemaNewest = schemaNewest
        self.check = check
        self.progress = progress
    }

    public func run() throws(BackupError) -> Manifest {
        let manifest = try Manifest(of: backup.path)
        guard manifest.schema <= schemaNewest else {
            throw .refused(
                "the backup's tables have schema \(manifest.schema), this program knows schemas up to \(schemaNewest): "
                    + "it was made by Cinelog \(manifest.cinelog), restore it with that one")
        }
        try compareNames(manifest)
        try verify(manifest, in: backup.data, "checked")
        try target.prepare()
        do {
            try copy(manifest)
            try verify(manifest, in: target.staging, "checked the copy:")
            try check(target.staging)
            try target.finish()
        } catch {
            target.abandon()
            throw error
        }
        return manifest
    }

    /// Nothing more and nothing less than the manifest says.
    private func compareNames(_ manifest: Manifest) throws(BackupError) {
        let there = try withFiles { () throws(FileError) in Set(try FileTree.files(below: backup.data).map(\.path)) }
        let wanted = Set(manifest.files.map(\.path))
        if let missing = wanted.subtracting(there).min() { throw .damaged("\(backup.data)/\(missing) is missing") }
        if let foreign = there.subtracting(wanted).min() {
            throw .damaged("\(backup.data)/\(foreign) is not in the manifest: it was put there later")
        }
    }

    private func verify(_ manifest: Manifest, in folder: String, _ what: String) throws(BackupError) {
        let copier = copier(what, manifest)
        for file in manifest.files {
            let seen = Manifest.File(file.path, try copier.look(at: "\(folder)/\(file.path)"))
            guard seen == file else {
                throw .damaged(
                    "\(folder)/\(file.path) is damaged: \(seen.bytes) bytes with checksum \(seen.crc32), written were "
                        + "\(file.bytes) with \(file.crc32)")
            }
        }
    }

    private func copy(_ manifest: Manifest) throws(BackupError) {
        let free = try withFiles { () throws(FileError) in try Folder.freeBytes(target.staging) }
        guard free > manifest.bytes else {
            throw .failed(
                "\(manifest.bytes) bytes are to be restored, and the disk of DATA_DIR has \(free) free: make room")
        }
        let copier = copier("copied", manifest)
        for file in manifest.files {
            let path = "\(target.staging)/\(file.path)"
            try withFiles { () throws(FileError) in try Folder.make(Folder.above(path)) }
            _ = try copier.copy("\(backup.data)/\(file.path)", to: path)
        }
    }

    private func copier(_ what: String, _ manifest: Manifest) -> FileCopier {
        let told = Percentage(what, of: manifest.bytes, progress)
        return FileCopier { (bytes) throws(BackupError) in told.add(bytes) }
    }
}
