internal import Events
internal import Glibc
internal import Platform

/// Puts what can be proven of a damaged log into a new one, and sets the damaged one aside.
///
/// The steps, each of which may be the last before the power goes:
///
///     1. link log.sqlite and its WAL as log.damaged-TIME.sqlite…   the log is as it was
///     2. write log.salvaging.sqlite, synced                        the next start begins again
///     3. write the report, log.damaged-TIME.json
///     4. rename it to log.salvaged.sqlite                          from here on the next start goes on with 5
///     5. delete the damaged WAL, which must not be read beside the new log
///     6. rename it to log.sqlite
struct LogSalvage {
    /// How much is written between two commits.
    private static let bytesPerCommit = 8 << 20

    let folder: LogFolder
    /// Where the reader stands, by topic; nil where that is not known.
    let reader: [PositionsFile.Row]?

    private var salvaging: String { folder.path + "/log.salvaging.sqlite" }
    private var salvaged: String { folder.path + "/log.salvaged.sqlite" }

    /// Finishes a salvage that was interrupted when all was written.
    func finish() throws(SQLiteError) {
        guard access(salvaged, F_OK) == 0 else { return }
        for suffix in ["-wal", "-shm"] { unlink(folder.log + suffix) }
        try folder.rename(salvaged, folder.log)
    }

    func run(_ reason: String) throws(SQLiteError) -> DamageReport {
        let now = Clock.unixMilliseconds()
        let copy = DamagedCopy.path(of: folder.log, unixMilliseconds: now)
        let images = PageImages(folder)
        let scan = RowScan(images)
        let losses = Topic.allCases.map { topic in
            LossCount(topic, scan, RightEdge(topic, images), reader: reader?[Int(topic.rawValue)])
        }
        let report = DamageReport(
            reason: reason, unixMilliseconds: now, copy: copy, commitsBehindDamage: images.wal.commitsLost,
            parts: losses.map(\.part))
        for suffix in ["", "-wal"] where access(folder.log + suffix, F_OK) == 0 {
            guard link(folder.log + suffix, copy + suffix) == 0 || errno == EEXIST else {
                throw folder.failure("cannot set \(folder.log)\(suffix) aside as \(copy)\(suffix)")
            }
        }
        try write(scan, losses)
        try folder.write(report.json, to: DamagedCopy.report(of: copy))
        try folder.rename(salvaging, salvaged)
        try finish()
        return report
    }

    // MARK: The new log

    private func write(_ scan: RowScan, _ losses: [LossCount]) throws(SQLiteError) {
        for suffix in ["", "-wal", "-shm"] { unlink(salvaging + suffix) }
        do throws(SQLiteError) {
            let log = try SQLiteConnection(path: salvaging, access: .create)
            try LogSchema.create(in: log, identity: scan.identity ?? reader?.compactMap { UUID($0.log) }.first)
            for (topic, loss) in zip(Topic.allCases, losses) { try write(topic, loss, scan, to: log) }
            _ = try log.checkpoint(.truncate, waitingAtMost: 1000)
        } catch {
            for suffix in ["", "-wal", "-shm"] { unlink(salvaging + suffix) }
            guard error.nature == .full else { throw error }
            throw SQLiteError(
                code: error.code, message: "\(folder.log) is damaged, and there is no room to salvage it: make room")
        }
        for suffix in ["-wal", "-shm"] { unlink(salvaging + suffix) }
    }

    private func write(_ topic: Topic, _ loss: LossCount, _ scan: RowScan, to log: SQLiteConnection) throws(SQLiteError)
    {
        let insert = try log.prepare("INSERT INTO \(topic.name) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        let lines = ByteBuffer()
        try log.execute("BEGIN IMMEDIATE")
        var bytes = 0
        for row in loss.rows where scan.lines(of: row, topic, into: lines) {
            try row.head.insert(topic, lines.bytes, by: insert)
            bytes += lines.count
            guard bytes > LogSalvage.bytesPerCommit else { continue }
            bytes = 0
            try log.execute("COMMIT; BEGIN IMMEDIATE")
        }
        try LogSchema.writeEnd(of: topic, loss.end, in: log)
        try log.execute("COMMIT")
    }
}
