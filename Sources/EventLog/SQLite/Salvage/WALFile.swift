/// The write-ahead log beside a database, read as it lies on the disk
/// (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
///
/// SQLite takes its frames up to the first that is not what was written, and silently forgets the rest. After a loss of power
/// that is right: the last commit is torn, and nobody was told of it. A bit that flipped in the middle costs every commit
/// behind it.
struct WALFile {
    struct Frame {
        let page: UInt32
        /// Where its page begins in the file.
        let offset: Int
        let isCommit: Bool
    }

    /// What was committed since the WAL was last started over, whole or not, in order.
    let frames: [Frame]
    /// How many of those SQLite takes.
    let recovered: Int

    /// Commits that SQLite will not see.
    var commitsLost: Int { frames[recovered...].count { $0.isCommit } }

    static let none = WALFile(frames: [], recovered: 0)

    private init(frames: [Frame], recovered: Int) {
        self.frames = frames
        self.recovered = recovered
    }

    init(_ file: RawFile) {
        let header = WALHeader(file)
        var chain = header.isValid ? header.checksum : nil
        var frames: [Frame] = []
        var committed = 0
        var recovered = 0
        var isUnbroken = header.isValid
        var frame = [UInt8](repeating: 0, count: LogSchema.frameBytes)
        for start in stride(from: WALHeader.bytes, through: file.size - LogSchema.frameBytes, by: LogSchema.frameBytes)
        {
            guard frame.withUnsafeMutableBytes({ file.read(at: start, into: $0) }) == frame.count else { break }
            frame.withUnsafeBytes { bytes in
                let isOfThisRound = bytes.bigEndian(at: 8) == header.salt.0 && bytes.bigEndian(at: 12) == header.salt.1
                let stored = WALChecksum(first: bytes.bigEndian(at: 16), second: bytes.bigEndian(at: 20))
                let page = UnsafeRawBufferPointer(rebasing: bytes[WALHeader.frameBytes...])
                let head = UnsafeRawBufferPointer(rebasing: bytes[..<8])
                let isWhole = isUnbroken && chain.map { $0.adding(head).adding(page) == stored } == true
                isUnbroken = isOfThisRound && isWhole
                chain = stored
                guard isOfThisRound else { return }
                let isCommit = bytes.bigEndian(at: 4) != 0
                frames.append(
                    Frame(page: bytes.bigEndian(at: 0), offset: start + WALHeader.frameBytes, isCommit: isCommit))
                if isCommit { committed = frames.count }
                if isCommit, isUnbroken { recovered = frames.count }
            }
        }
        self.init(frames: Array(frames[..<committed]), recovered: recovered)
    }
}

/// The WAL's first 32 bytes.
private struct WALHeader {
    static let bytes = 32
    static let frameBytes = 24
    private static let frames = 16
    /// So many rounds may have left frames behind.
    private static let roundsMax: UInt32 = 1000

    let isValid: Bool
    let salt: (UInt32, UInt32)
    let checksum: WALChecksum

    init(_ file: RawFile) {
        let header = file.bytes(at: 0, count: WALHeader.bytes)
        guard header.count == WALHeader.bytes else {
            (isValid, salt, checksum) = (false, (0, 0), WALChecksum())
            return
        }
        let stored:
            (magic: UInt32, salt: (UInt32, UInt32), checksum: WALChecksum, page: UInt32, computed: WALChecksum) =
                header.withUnsafeBytes { bytes in
                    (
                        bytes.bigEndian(at: 0), (bytes.bigEndian(at: 16), bytes.bigEndian(at: 20)),
                        WALChecksum(first: bytes.bigEndian(at: 24), second: bytes.bigEndian(at: 28)),
                        bytes.bigEndian(at: 8),
                        WALChecksum().adding(UnsafeRawBufferPointer(rebasing: bytes[..<24]))
                    )
                }
        // Of a little-endian machine, as every one that runs this.
        isValid =
            stored.magic == 0x377F_0682 && stored.page == UInt32(LogSchema.pageBytes)
            && stored.checksum == stored.computed
        checksum = stored.checksum
        salt = isValid ? stored.salt : WALHeader.newestSalt(file)
    }

    /// Without a header the frames say which round they are of. The newest round's lie first, what is left of older ones behind
    /// them; a salt that no other frame confirms is damaged itself.
    private static func newestSalt(_ file: RawFile) -> (UInt32, UInt32) {
        let salts = (0..<frames).compactMap { index -> (UInt32, UInt32)? in
            let salt = file.bytes(at: bytes + index * LogSchema.frameBytes + 8, count: 8)
            return salt.withUnsafeBytes { $0.count < 8 ? nil : ($0.bigEndian(at: 0), $0.bigEndian(at: 4)) }
        }
        let newest = salts.indices.first { index in
            salts[(index + 1)...].contains { $0 == salts[index] || isOlder($0, than: salts[index]) }
        }
        return newest.map { salts[$0] } ?? salts.last ?? (0, 0)
    }

    /// Each time the WAL is started over, the first salt grows by one and the second is random
    /// (https://www.sqlite.org/fileformat2.html#the_wal_file_format).
    private static func isOlder(_ salt: (UInt32, UInt32), than other: (UInt32, UInt32)) -> Bool {
        salt.1 != other.1 && (1...roundsMax).contains(other.0 &- salt.0)
    }
}

/// The running checksum of a WAL: two sums over pairs of little-endian words.
private struct WALChecksum: Equatable {
    var first: UInt32 = 0
    var second: UInt32 = 0

    func adding(_ bytes: UnsafeRawBufferPointer) -> WALChecksum {
        var (first, second) = (first, second)
        for place in stride(from: 0, to: bytes.count, by: 8) {
            first &+= bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian &+ second
            second &+= bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self).littleEndian &+ first
        }
        return WALChecksum(first: first, second: second)
    }
}

extension UnsafeRawBufferPointer {
    func bigEndian(at offset: Int) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    func bigEndian16(at offset: Int) -> Int {
        Int(UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
    }
}
