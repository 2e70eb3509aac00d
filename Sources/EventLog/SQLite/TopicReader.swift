internal import Events
internal import Glibc
internal import Platform

/// Reads one topic of a log that another process writes.
///
/// `@unchecked Sendable`: kept behind its owner's lock.
final class TopicReader: @unchecked Sendable {
    private let topic: Topic
    private let connection: SQLiteConnection
    private let rows: SQLiteStatement
    private let newest: SQLiteStatement
    private let oldest: SQLiteStatement

    /// Throws `busy` where there is no log yet.
    init(_ topic: Topic, _ folder: LogFolder, access: SQLiteConnection.Access = .readOnly) throws(SQLiteError) {
        self.topic = topic
        connection = try SQLiteConnection(path: folder.log, access: access)
        guard try LogSchema.format.isPresent(in: connection) else { throw TopicReader.missing(folder) }
        try connection.execute("PRAGMA query_only=ON")
        // From the row that holds the position, or from the first one behind it where that is trimmed.
        let fromPosition = """
            WHERE first >= coalesce((SELECT max(first) FROM \(topic.name) WHERE first <= ?1), ?1) ORDER BY first
            """
        rows = try connection.prepare("SELECT \(LogSchema.columns) FROM \(topic.name) \(fromPosition)")
        // SQLite answers length() of a blob from the row's head, without reading it.
        let columns = "first, count, offset, appended_at, length(lines)"
        oldest = try connection.prepare("SELECT \(columns) FROM \(topic.name) \(fromPosition) LIMIT 2")
        newest = try connection.prepare("SELECT \(columns) FROM \(topic.name) ORDER BY first DESC LIMIT 1")
    }

    /// The log that the collecting process has still to make.
    static func missing(_ folder: LogFolder) -> SQLiteError {
        .busy("there is no log in \(folder.path) yet: the collecting process makes it when it starts")
    }

    var hasMoved: Bool { connection.hasMoved }

    /// See `EventLogReader.identity`.
    func identity() throws(SQLiteError) -> UUID {
        let identity = try connection.prepare("SELECT id FROM identity")
        defer { identity.reset() }
        guard try identity.step(), let id = UUID(identity.text(0)) else {
            throw .damaged("\(connection.path) does not say which log it is")
        }
        return id
    }

    // MARK: Lines

    /// See `EventLogReader.read`.
    func read(from position: Int64, limit: ReadLimit, into buffer: ByteBuffer) throws(SQLiteError) -> ReadResult {
        let start = buffer.count
        var progress = ReadProgress(position, limit)
        let meetsObstacle = try advance(&progress, into: buffer)
        let result = progress.result
        // Lines before an obstacle are answered first, and a gap only when it is certain.
        guard result.first > position || meetsObstacle && result.count == 0 else { return result }
        buffer.truncate(to: start)
        let certain = try DamageSurvey(topic, path: connection.path).read(from: position, limit: limit, into: buffer)
        guard certain.count == 0, certain.first > position else { return certain }
        return try read(from: certain.first, limit: limit, into: buffer)
    }

    /// Reads on until enough is read, or something is in the way. True: a damaged row, or what SQLite cannot read.
    private func advance(_ progress: inout ReadProgress, into buffer: ByteBuffer) throws(SQLiteError) -> Bool {
        rows.bind(progress.next, at: 1)
        defer { rows.reset() }
        do throws(SQLiteError) {
            while !progress.isDone, try rows.step() {
                let row = FoundRow(rows)
                if row.damage(in: topic) != nil { return true }
                guard let end = row.end, end > progress.next else { continue }
                guard progress.take(row, into: buffer) else { return false }
            }
            return false
        } catch {
            guard error.nature == .damaged else { throw error }
            return true
        }
    }

    // MARK: Backlog

    /// What waits from `position` on; bytes within a row that is half read are estimated. Rows are taken at their
    /// word: they are checked when they are read.
    func backlog(from position: Int64) throws(SQLiteError) -> Backlog {
        defer {
            newest.reset()
            oldest.reset()
        }
        let none = Backlog(events: 0, bytes: 0, oldestAgeMilliseconds: 0)
        guard try newest.step(), let last = Extent(newest), last.positions.upperBound > position else { return none }
        oldest.bind(position, at: 1)
        // The row that holds the position; or the one behind, where that ends before it.
        var first: Extent?
        while first == nil, try oldest.step() {
            first = Extent(oldest).flatMap { $0.positions.upperBound > position ? $0 : nil }
        }
        guard let first else { return none }
        let part = Double(max(0, position - first.positions.lowerBound)) / Double(first.positions.count)
        let bytes = last.offsets.upperBound &- first.offsets.lowerBound &- Int64(Double(first.offsets.count) * part)
        return Backlog(
            events: last.positions.upperBound - max(position, first.positions.lowerBound), bytes: max(0, bytes),
            oldestAgeMilliseconds: max(0, Clock.unixMilliseconds() &- first.appendedAt))
    }

    /// Behind the newest row; or, where there is none, where the topic's next one will begin at least.
    func end() throws(SQLiteError) -> Int64 {
        defer { newest.reset() }
        if try newest.step(), let last = Extent(newest) { return last.positions.upperBound }
        return try connection.integer("SELECT position FROM ends WHERE topic = \(topic.rawValue)")
    }

    /// Where a row lies among the positions and bytes of its topic.
    private struct Extent {
        let positions: Range<Int64>
        let offsets: Range<Int64>
        let appendedAt: Int64

        /// Nil where the numbers make no sense.
        init?(_ row: SQLiteStatement) {
            let head = RowHead(
                first: row.integer(0), count: row.integer(1), offset: row.integer(2), appendedAt: row.integer(3))
            let bytes = row.integer(4)
            guard let end = head.end(bytes: bytes), head.offset >= 0, head.offset < .max - bytes else { return nil }
            positions = head.first..<end
            offsets = head.offset..<head.offset + bytes
            appendedAt = head.appendedAt
        }
    }
}
