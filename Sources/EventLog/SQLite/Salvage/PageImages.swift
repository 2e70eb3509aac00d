internal import Glibc

/// The pages of a log as they lie on the disk: in the database, and in the frames of its WAL, each of which is a version of
/// its page.
///
/// `@unchecked Sendable` is not claimed: whoever opens the log looks at it, alone.
final class PageImages {
    /// Which version of a page to take.
    enum Version: Equatable {
        case database
        /// Of this frame of the WAL, or the newest one before it.
        case frame(Int)
    }

    let wal: WALFile
    let pageCount: UInt32
    private let database: RawFile?
    private let walFile: RawFile?
    private let frames: Int
    /// Frames of each page, ascending.
    private let versions: [UInt32: [Int]]

    /// - Parameter recoveredOnly: as SQLite will see it: without the frames that it forgets.
    init(_ folder: LogFolder, recoveredOnly: Bool = false) {
        database = try? RawFile(path: folder.log)
        walFile = try? RawFile(path: folder.log + "-wal")
        wal = walFile.map { WALFile($0) } ?? .none
        frames = recoveredOnly ? wal.recovered : wal.frames.count
        pageCount = UInt32(clamping: (database?.size ?? 0) / LogSchema.pageBytes)
        var versions: [UInt32: [Int]] = [:]
        for index in 0..<frames { versions[wal.frames[index].page, default: []].append(index) }
        self.versions = versions
    }

    var newest: Version { frames > 0 ? .frame(frames - 1) : .database }

    /// Every version of every page, older ones first.
    func forEach(_ body: (UInt32, Version, UnsafeRawBufferPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: LogSchema.pageBytes, alignment: 16) { page in
            for number in 1..<max(pageCount, 0) + 1 where read(number, .database, into: page) {
                body(number, .database, UnsafeRawBufferPointer(page))
            }
            for index in 0..<frames where read(wal.frames[index].page, .frame(index), into: page) {
                body(wal.frames[index].page, .frame(index), UnsafeRawBufferPointer(page))
            }
        }
    }

    /// False: there is no such page.
    func read(_ page: UInt32, _ version: Version, into target: UnsafeMutableRawBufferPointer) -> Bool {
        if case .frame(let last) = version, let walFile, let frame = versions[page]?.last(where: { $0 <= last }) {
            return walFile.read(at: wal.frames[frame].offset, into: target) == LogSchema.pageBytes
        }
        guard page > 0, let database else { return false }
        return database.read(at: (Int(page) - 1) * LogSchema.pageBytes, into: target) == LogSchema.pageBytes
    }

    /// The versions in which the rest of a row may lie that begins in `version` of its page: as the newest has it, as it was
    /// when that was committed, as the database has it.
    func versions(beside version: Version) -> [Version] {
        guard case .frame(let index) = version else { return newest == .database ? [.database] : [newest, .database] }
        let commit = wal.frames[index..<frames].firstIndex { $0.isCommit } ?? index
        return newest == .frame(commit) ? [newest, .database] : [newest, .frame(commit), .database]
    }
}
