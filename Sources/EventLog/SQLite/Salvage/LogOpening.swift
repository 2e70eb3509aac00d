internal import Events
internal import Glibc
internal import Platform

/// Opens the log for writing, whatever state its files are in.
///
/// A damaged log is salvaged: the collector starts, says what was lost and goes on. A file that is not ours, or of another
/// format, is left as it is.
struct LogOpening {
    let folder: LogFolder
    let options: SQLiteLogOptions
    let positions: ReaderPositions
    let logger: Logger

    func open() throws(SQLiteError) -> (store: LogStore, report: DamageReport?) {
        let reader = readerRows()
        let salvage = LogSalvage(folder: folder, reader: reader)
        try salvage.finish()
        var report: DamageReport?
        if let reason = damageBeforeOpening(reader) { report = try salvage.run(reason) }
        var opened = report == nil ? try openIfWhole(salvage, &report) : nil
        if opened == nil { opened = try LogStore(folder, options) }
        guard let store = opened else { preconditionFailure("opened or thrown") }
        store.begin(noEarlierThan: reader?.map(\.readTo) ?? [])
        folder.forgetSuspicion()
        if let report, options.tellsDamage { tell(report) }
        return (store, report)
    }

    private func openIfWhole(_ salvage: LogSalvage, _ report: inout DamageReport?) throws(SQLiteError) -> LogStore? {
        do throws(SQLiteError) {
            return try LogStore(folder, options)
        } catch {
            guard error.nature == .damaged || error.nature == .foreign && isOurs else { throw error }
            report = try salvage.run(error.message)
            return nil
        }
    }

    /// A file that says to be somebody else's, but has rows that only we can have written.
    private var isOurs: Bool {
        let header = (try? RawFile(path: folder.log))?.bytes(at: 0, count: 100) ?? []
        return !LogSchema.format.saysOurs(header: header) && !RowScan(PageImages(folder)).isEmpty
    }

    /// What has to be seen before SQLite opens the files: it deletes a WAL without a database, and forgets what lies behind
    /// a damaged frame.
    private func damageBeforeOpening(_ reader: [PositionsFile.Row]?) -> String? {
        let size = folder.size(folder.log)
        if size != nil, let suspicion = folder.suspicion { return suspicion }
        let hasWAL = (folder.size(folder.log + "-wal") ?? 0) > 32
        if hasWAL, size ?? 0 == 0 { return "\(folder.log) is missing or empty beside its WAL" }
        if size == 0, reader?.contains(where: { !$0.log.isEmpty }) == true { return "\(folder.log) is empty" }
        guard hasWAL, size != nil else { return nil }
        let images = PageImages(folder)
        guard images.wal.commitsLost > 0 else { return nil }
        // What was torn by a loss of power holds nothing that could be proven, or nothing new.
        let all = RowScan(images)
        let visible = RowScan(PageImages(folder, recoveredOnly: true))
        let isMore = zip(all.rows, visible.rows).contains { more, less in more.map(\.head) != less.map(\.head) }
        return isMore ? "\(folder.log)-wal is damaged before its last \(images.wal.commitsLost) commits" : nil
    }

    private func readerRows() -> [PositionsFile.Row]? {
        do throws(SQLiteError) {
            return try positions.rows()
        } catch {
            logger.warning("cannot read where loading stands", ["reason": error.message])
            return nil
        }
    }

    private func tell(_ report: DamageReport) {
        logger.error(
            "the event log was damaged and has been salvaged",
            [
                "reason": report.reason, "saved_events": "\(report.savedEvents)",
                "lost_events": "\(report.lostEvents)\(report.isComplete ? "" : " or more")", "topics": report.summary,
                "copy": report.copy, "report": DamagedCopy.report(of: report.copy), "what_to_do": DamageReport.advice,
            ])
    }
}
