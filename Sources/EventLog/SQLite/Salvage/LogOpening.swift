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
            var store: LogStore? = try LogStore(folder, options)
            guard let gaps = store?.gaps, !gaps.allSatisfy(\.isEmpty) else { return store }
            // Closed before its files are looked at: closing those would give SQLite's locks away
            // (https://www.sqlite.org/howtocorrupt.html#posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
            store = nil
            let scan = RowScan(PageImages(folder))
            let hidden = zip(gaps, scan.rows).contains { gaps, rows in
                gaps.contains { gap in rows.contains { gap.contains($0.head.first) } }
            }
            guard !hidden else { throw .damaged("\(folder.log) holds rows that its tables do not show") }
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
        // SQLite takes one byte for none.
        let isEmpty = size.map { $0 <= 1 }
        if hasWAL, isEmpty ?? true { return "\(folder.log) is missing or empty beside its WAL" }
        if isEmpty == true, reader?.contains(where: { !$0.log.isEmpty }) == true { return "\(folder.log) is empty" }
        guard size != nil else { return nil }
        let images = PageImages(folder)
        guard images.wal.commitsLost > 0 else { return hiddenAtEnd(images) }
        // What was torn by a loss of power holds nothing that could be proven, or nothing new.
        let all = RowScan(images)
        let recovered = PageImages(folder, recoveredOnly: true)
        let visible = RowScan(recovered)
        let isMore = zip(all.rows, visible.rows).contains { more, less in more.map(\.head) != less.map(\.head) }
        if isMore { return "\(folder.log)-wal is damaged before its last \(images.wal.commitsLost) commits" }
        logger.warning(
            "the log's last commit is not whole: the power was lost before it was answered, or it is damaged")
        return hiddenAtEnd(recovered)
    }

    private func hiddenAtEnd(_ images: PageImages) -> String? {
        let topic = Topic.allCases.first { RightEdge.hidesRows($0, images) }
        return topic.map { "\(folder.log) holds rows of \($0.name) that its table does not show" }
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
