public import EventLog
import Events
import Platform
public import Warehouse

/// Makes a backup of a service at work: everything below the committed positions is in the tables' copy, everything from there
/// on in the log's, nothing in both and nothing in neither.
///
/// Loading is held for the milliseconds in which tables and log are fixed; the copying happens beside it. Collecting never waits.
public struct BackupRun {
    /// Runs its argument between two plans of every topic; or, where loading does not come to rest, does not.
    public typealias Hold = (_ body: () throws -> Void) throws -> Void

    /// What an operator is told while it runs, in words.
    public typealias Progress = (String) -> Void

    /// Beside what is counted: the file system's own needs.
    private static let spareBytes: Int64 = 32 << 20

    let dataFolder: String
    let warehouse: any FreezableWarehouse
    let log: any CopyableLog
    /// Folders in DATA_DIR that are copied too, where they are: small ones.
    let alongside: [String]
    let version: String
    let hold: Hold
    let progress: Progress
    let isAbandoned: () -> Bool

    public init(
        dataFolder: String, warehouse: any FreezableWarehouse, log: any CopyableLog, alongside: [String] = [],
        version: String, hold: @escaping Hold, progress: @escaping Progress, isAbandoned: @escaping () -> Bool
    ) {
        self.dataFolder = dataFolder
        self.warehouse = warehouse
        self.log = log
        self.alongside = alongside
        self.version = version
        self.hold = hold
        self.progress = progress
        self.isAbandoned = isAbandoned
    }

    /// - Parameter target: an absolute path where nothing is yet.
    public func run(to target: String) throws(BackupError) -> Manifest {
        let folder = BackupFolder(target)
        try folder.check(notWithin: dataFolder)
        let unfinished = UnfinishedBackup(dataFolder: dataFolder)
        try unfinished.remove()
        try withFiles { () throws(FileError) in try FileTree.remove(folder.unfinished) }
        try unfinished.begin(folder)
        do {
            let manifest = try write(BackupFolder(folder.unfinished))
            try withFiles { () throws(FileError) in try Folder.move(folder.unfinished, to: folder.path) }
            letGo(unfinished)
            return manifest
        } catch {
            letGo(unfinished)
            throw error
        }
    }

    /// What cannot be let go of now is at the next start.
    private func letGo(_ unfinished: UnfinishedBackup) {
        try? warehouse.thaw()
        try? unfinished.remove()
    }

    private func write(_ folder: BackupFolder) throws(BackupError) -> Manifest {
        try withFiles { () throws(FileError) in try Folder.make(folder.data) }
        let moment = try fix(folder)
        try checkRoom(moment.tables.bytes + moment.log.bytes, folder)
        do {
            try moment.log.write()
        } catch {
            throw BackupError(error)
        }
        progress("copied the log")
        var manifest = moment.manifest
        manifest.files = try FileWriting(self, folder, moment.tables).run()
        try withFiles { () throws(FileError) in
            try SmallFile.write(manifest.text.string, to: folder.manifest)
            for inner in try FileTree.folders(below: folder.path) { try Folder.sync("\(folder.path)/\(inner)") }
            try Folder.sync(folder.path)
        }
        return manifest
    }

    // MARK: One moment

    private struct Moment {
        let tables: FrozenTables
        let log: any LogSnapshot
        let manifest: Manifest
    }

    private func fix(_ folder: BackupFolder) throws(BackupError) -> Moment {
        var moment: Moment?
        var milliseconds: UInt64 = 0
        do {
            try hold {
                let begun = Clock.monotonicMilliseconds()
                moment = try fixNow(folder)
                milliseconds = Clock.monotonicMilliseconds() - begun
            }
        } catch {
            throw BackupError(any: error)
        }
        guard let moment else { throw .failed("loading did not come to rest: see what it waits for, then begin again") }
        progress("fixed what there is; loading was held for \(milliseconds) ms")
        return moment
    }

    private func fixNow(_ folder: BackupFolder) throws -> Moment {
        let tables = try warehouse.freeze()
        let positions = try positions()
        let snapshot = try log.snapshot(into: folder.data)
        for name in alongside { try copySmall(name, folder) }
        let manifest = Manifest(
            cinelog: version, createdAt: Logger.timestamp(unixMilliseconds: Clock.unixMilliseconds()),
            schema: tables.schema, log: try? log.identity().description, positions: positions)
        return Moment(tables: tables, log: snapshot, manifest: manifest)
    }

    private func positions() throws(ReadError) -> [Manifest.Position] {
        var positions: [Manifest.Position] = []
        for topic in Topic.allCases {
            for partition in try log.partitions(topic) {
                let committed = try log.committed(partition)
                guard committed.note.isEmpty else { throw .unavailable("a load of \(topic.name) is under way") }
                positions.append(
                    Manifest.Position(topic: topic.name, partition: partition.partition, next: committed.next))
            }
        }
        return positions
    }

    private func copySmall(_ name: String, _ folder: BackupFolder) throws(BackupError) {
        let source = "\(dataFolder)/\(name)"
        guard Folder.exists(source) else { return }
        let copier = FileCopier { _ throws(BackupError) in }
        for file in try withFiles({ () throws(FileError) in try FileTree.files(below: source) }) {
            let target = "\(folder.data)/\(name)/\(file.path)"
            try withFiles { () throws(FileError) in try Folder.make(Folder.above(target)) }
            _ = try copier.copy("\(source)/\(file.path)", to: target)
        }
    }

    private func checkRoom(_ bytes: Int64, _ folder: BackupFolder) throws(BackupError) {
        let free = try withFiles { () throws(FileError) in try Folder.freeBytes(folder.path) }
        guard free >= bytes + BackupRun.spareBytes else {
            throw .failed(
                "the backup needs \(bytes) bytes, and its disk has \(free) free: make room, or name another disk")
        }
        progress("copying \(bytes) bytes")
    }
}
