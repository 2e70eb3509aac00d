internal import Events
internal import Platform

/// The writing connection: rows in, rows out, the next position of each topic. See `LogSchema` for the layout.
///
/// `@unchecked Sendable`: made by whoever opens the log, then used by the writer's thread alone, then by who closes it.
final class LogStore: @unchecked Sendable {
    /// Where a topic's next row begins.
    private struct End {
        var position: Int64 = 0
        var offset: Int64 = 0
    }

    /// How long commits may wait for readers, so that nothing is left in the WAL.
    private static let eraseWaitMilliseconds: Int32 = 200

    private let connection: SQLiteConnection
    private let options: SQLiteLogOptions
    private let folder: LogFolder
    private let begin: SQLiteStatement
    private let commit: SQLiteStatement
    private let pageCount: SQLiteStatement
    private let freePageCount: SQLiteStatement
    private let inserts: [SQLiteStatement]
    private let trimmer: Trimmer
    /// See `LogCheck.run`.
    let gaps: [[Range<Int64>]]
    private var ends: [End]
    private var walFrames = 0

    init(_ folder: LogFolder, _ options: SQLiteLogOptions) throws(SQLiteError) {
        self.folder = folder
        self.options = options
        connection = try SQLiteConnection(path: folder.log, access: .create)
        try LogStore.prepareFile(connection, options)
        let check = LogCheck(connection: connection)
        gaps = try check.run()
        begin = try connection.prepare("BEGIN IMMEDIATE")
        commit = try connection.prepare("COMMIT")
        pageCount = try connection.prepare("PRAGMA page_count")
        freePageCount = try connection.prepare("PRAGMA freelist_count")
        var inserts: [SQLiteStatement] = []
        var ends: [End] = []
        for topic in Topic.allCases {
            inserts.append(try connection.prepare("INSERT INTO \(topic.name) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"))
            let end = try check.end(of: topic)
            ends.append(End(position: end.first, offset: end.offset))
        }
        (self.inserts, self.ends) = (inserts, ends)
        trimmer = try Trimmer(path: folder.log)
    }

    private static func prepareFile(_ connection: SQLiteConnection, _ options: SQLiteLogOptions) throws(SQLiteError) {
        if try !LogSchema.format.isPresent(in: connection) { try LogSchema.create(in: connection) }
        try FileFormat.useWAL(connection)
        try connection.followWAL()
        try LogStore.emptyWAL(connection)
        try connection.execute("PRAGMA cache_size=-8192; PRAGMA journal_size_limit=\(options.walRestartBytes)")
        try connection.execute("DELETE FROM probe")
        if let pages = options.pageCountMax { try connection.execute("PRAGMA max_page_count=\(pages)") }
    }

    /// Also when the log is opened: after a failed sync the kernel may hold pages of the WAL as clean that are not on
    /// the disk. What is read from them then goes to the database, synced anew, before anything is appended behind it.
    private static func emptyWAL(_ connection: SQLiteConnection) throws(SQLiteError) {
        do throws(SQLiteError) {
            _ = try connection.checkpoint(.truncate, waitingAtMost: 1000)
        } catch {
            // A reader or a full disk stands in the way.
            guard error.nature == .busy || error.nature == .full else { throw error }
        }
    }

    /// A new log goes on where the reader of the one before stood: its positions are never used again.
    func begin(noEarlierThan positions: [Int64]) {
        for (index, position) in positions.enumerated() {
            ends[index].position = max(ends[index].position, position)
        }
    }

    // MARK: Appending

    /// All of `batch` in one transaction; on the disk when this returns.
    func append(_ batch: PendingLines) throws(SQLiteError) {
        let before = ends
        do throws(SQLiteError) {
            try begin.run()
            let now = Clock.unixMilliseconds()
            for topic in Topic.allCases where batch.count(topic) > 0 {
                try insert(topic, batch.lines(topic), count: batch.count(topic), appendedAt: now)
            }
            try commit.run()
            walFrames = connection.walFrames
            if connection.hasMoved {
                throw .foreign("\(folder.log) was moved or deleted while events were written to it")
            }
        } catch {
            connection.rollBack()
            ends = before
            throw error
        }
    }

    private func insert(_ topic: Topic, _ lines: UnsafeRawBufferPointer, count: Int, appendedAt: Int64)
        throws(SQLiteError)
    {
        var rest = UnsafeRawBufferPointer(lines)
        var left = count
        while rest.count > options.rowBytesMax, left > 1 {
            let part = LineScan.prefixOrLine(of: rest, lines: left - 1, bytesMax: options.rowBytesMax)
            try insertRow(topic, UnsafeRawBufferPointer(rebasing: rest[..<part.bytes]), count: part.lines, appendedAt)
            rest = UnsafeRawBufferPointer(rebasing: rest[part.bytes...])
            left -= part.lines
        }
        try insertRow(topic, rest, count: left, appendedAt)
    }

    private func insertRow(_ topic: Topic, _ lines: UnsafeRawBufferPointer, count: Int, _ appendedAt: Int64)
        throws(SQLiteError)
    {
        let index = Int(topic.rawValue)
        let head = RowHead(
            first: ends[index].position, count: Int64(count), offset: ends[index].offset, appendedAt: appendedAt)
        try head.insert(topic, lines, by: inserts[index])
        ends[index].position += Int64(count)
        ends[index].offset += Int64(lines.count)
    }

    /// The next start shall not trust the log.
    func suspect(_ reason: String) { folder.suspect(reason) }

    // MARK: Room

    /// Whether so many bytes can be committed now, found out by committing them and deleting them again.
    func hasRoom(for bytes: Int) -> Bool {
        do throws(SQLiteError) {
            try connection.execute("INSERT OR REPLACE INTO probe VALUES (1, zeroblob(\(bytes)))")
            try connection.execute("DELETE FROM probe")
            walFrames = connection.walFrames
            return true
        } catch {
            return false
        }
    }

    /// After the last commit.
    func usage() throws(SQLiteError) -> DiskUsage {
        let free = try read(freePageCount) * Int64(LogSchema.pageBytes)
        let all = try read(pageCount) * Int64(LogSchema.pageBytes)
        let unusedWAL = max(0, folder.walFileBytes - walBytes)
        return DiskUsage(
            databaseBytes: all - free, walBytes: walBytes, reusableBytes: free + unusedWAL,
            freeBytes: folder.freeBytes)
    }

    var walBytes: Int64 { Int64(walFrames) * Int64(LogSchema.frameBytes) }

    private func read(_ pragma: SQLiteStatement) throws(SQLiteError) -> Int64 {
        defer { pragma.reset() }
        return try pragma.step() ? pragma.integer(0) : 0
    }

    // MARK: Trimming

    /// One step of `Trimmer`; false: there is nothing more to trim.
    func trim(below positions: [Int64], appendedBefore: Int64) throws(SQLiteError) -> Bool {
        guard try trimmer.step(below: positions, appendedBefore: appendedBefore) else { return false }
        walFrames = trimmer.walFrames
        return true
    }

    // MARK: Scrubbing

    /// Deletes the newest row too of every topic that is loaded to its end, having noted where the next one begins. False: a
    /// row is left of which a part is loaded.
    func deleteLoaded(below positions: [Int64]) throws(SQLiteError) -> Bool {
        do throws(SQLiteError) {
            try begin.run()
            var isAll = true
            for (topic, position) in zip(Topic.allCases, positions) {
                let end = ends[Int(topic.rawValue)]
                if end.position <= position {
                    let row = RowHead(first: end.position, count: 0, offset: end.offset, appendedAt: 0)
                    try LogSchema.writeEnd(of: topic, row, in: connection)
                    try connection.execute("DELETE FROM \(topic.name)")
                } else {
                    let parts = try connection.integer("SELECT count(*) FROM \(topic.name) WHERE first < \(position)")
                    isAll = isAll && parts == 0
                }
            }
            try commit.run()
            walFrames = connection.walFrames
            return isAll
        } catch {
            connection.rollBack()
            throw error
        }
    }

    /// Writes all that is left anew, and nothing else. False: a reader keeps the WAL from being cut.
    func eraseRemains() throws(SQLiteError) -> Bool {
        // The copy that VACUUM makes on its way stays in memory.
        try connection.execute("PRAGMA temp_store=MEMORY; VACUUM")
        walFrames = connection.walFrames
        do throws(SQLiteError) {
            _ = try connection.checkpoint(.truncate, waitingAtMost: LogStore.eraseWaitMilliseconds)
            walFrames = 0
            return true
        } catch {
            guard error.nature == .busy else { throw error }
            return false
        }
    }

    // MARK: The WAL

    /// Moves what is left in the WAL, so that the next commit starts it over. False: a reader stood in the way.
    func restartWAL(waitingAtMost milliseconds: Int32) throws(SQLiteError) -> Bool {
        do throws(SQLiteError) {
            _ = try connection.checkpoint(.restart, waitingAtMost: milliseconds)
            walFrames = 0
            return true
        } catch {
            guard error.nature == .busy else { throw error }
            return false
        }
    }

    /// Leaves everything in the database and nothing in the WAL. Where something stands in the way, the WAL is read
    /// when the log is next opened.
    func finish() throws(SQLiteError) { try LogStore.emptyWAL(connection) }
}
