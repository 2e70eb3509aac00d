internal import Events
internal import Glibc
internal import Platform

/// Reads one topic of a log that another process writes.
///
/// `@unchecked Sendable`: kept behind its owner's lock.
final class TopicReader: @unchecked Sendable {
    private let connection: SQLiteConnection
    private let rows: SQLiteStatement
    private let newest: SQLiteStatement
    private let oldest: SQLiteStatement

    /// Throws `busy` where there is no log yet.
    init(_ topic: Topic, _ folder: LogFolder) throws(SQLiteError) {
        connection = try SQLiteConnection(path: folder.log, access: .readOnly)
        guard try LogSchema.format.isPresent(in: connection) else { throw TopicReader.missing(folder) }
        try connection.execute("PRAGMA query_only=ON")
        // From the row that holds the position, or from the first one behind it where that is trimmed.
        let fromPosition = """
            WHERE first >= coalesce((SELECT max(first) FROM \(topic.name) WHERE first <= ?1), ?1) ORDER BY first
            """
        rows = try connection.prepare("SELECT first, count, appended_at, lines FROM \(topic.name) \(fromPosition)")
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
        rows.bind(position, at: 1)
        defer { rows.reset() }
        var progress = Progress(position, limit)
        while !progress.isDone, try rows.step() {
            let first = rows.integer(0)
            let end = first + rows.integer(1)
            guard end > progress.next else { continue }
            guard progress.begin(row: first, appendedAt: rows.integer(2)) else { break }
            try progress.take(rows.blob(3), of: first..<end, into: buffer, path: connection.path)
        }
        return progress.result
    }

    /// How far a read has come.
    private struct Progress {
        private(set) var result: ReadResult
        private(set) var next: Int64
        private(set) var isDone = false
        private let last: Int64
        private var eventsLeft: Int
        private var bytesLeft: Int

        init(_ position: Int64, _ limit: ReadLimit) {
            result = ReadResult(first: position, count: 0, oldestAppendedAt: 0)
            next = position
            last = limit.last ?? .max
            eventsLeft = limit.events
            bytesLeft = limit.bytes
        }

        /// False: the row is not to be read any more, or not in one go with those before it.
        mutating func begin(row first: Int64, appendedAt: Int64) -> Bool {
            if result.count == 0 {
                next = max(next, first)
                result.first = next
                result.oldestAppendedAt = appendedAt
            }
            let isWanted = first <= next && next <= last && eventsLeft > 0
            if !isWanted, result.count == 0 { result.oldestAppendedAt = 0 }
            return isWanted
        }

        mutating func take(
            _ lines: UnsafeRawBufferPointer, of row: Range<Int64>, into buffer: ByteBuffer, path: String
        ) throws(SQLiteError) {
            guard lines.last == 0x0A else { throw TopicReader.damaged(path, row) }
            let skipped = LineScan.prefix(of: lines, lines: Int(next - row.lowerBound))
            guard skipped.lines == Int(next - row.lowerBound) else { throw TopicReader.damaged(path, row) }
            let rest = UnsafeRawBufferPointer(rebasing: lines[skipped.bytes...])
            let restLines = Int(row.upperBound - next)
            let wanted = Int(min(Int64(min(restLines, eventsLeft)), last == .max ? .max : last - next + 1))
            let taken = try fitting(rest, restLines, wanted, TopicReader.damaged(path, row))
            buffer.append(UnsafeRawBufferPointer(rebasing: rest[..<taken.bytes]))
            result.count += taken.lines
            next += Int64(taken.lines)
            eventsLeft -= taken.lines
            bytesLeft -= taken.bytes
            isDone = taken.lines < restLines || eventsLeft == 0 || bytesLeft <= 0
        }

        /// Which lines of a row fit. The whole of one is taken without looking for its newlines.
        private func fitting(
            _ rest: UnsafeRawBufferPointer, _ restLines: Int, _ wanted: Int, _ damage: SQLiteError
        ) throws(SQLiteError) -> (lines: Int, bytes: Int) {
            if wanted == restLines, rest.count <= bytesLeft { return (restLines, rest.count) }
            guard result.count == 0 else { return LineScan.prefix(of: rest, lines: wanted, bytesMax: bytesLeft) }
            let taken = LineScan.prefixOrLine(of: rest, lines: wanted, bytesMax: bytesLeft)
            guard taken.lines > 0 else { throw damage }
            return taken
        }
    }

    private static func damaged(_ path: String, _ row: Range<Int64>) -> SQLiteError {
        .damaged(
            "\(path): the lines at \(row.lowerBound)..<\(row.upperBound) are not what was written: check the disk, "
                + "keep a copy of DATA_DIR, and move the log away to go on without it")
    }

    // MARK: Backlog

    /// What waits from `position` on; bytes within a row that is half read are estimated.
    func backlog(from position: Int64) throws(SQLiteError) -> Backlog {
        defer {
            newest.reset()
            oldest.reset()
        }
        let none = Backlog(events: 0, bytes: 0, oldestAgeMilliseconds: 0)
        guard try newest.step() else { return none }
        let end = newest.integer(0) + newest.integer(1)
        let endOffset = newest.integer(2) + newest.integer(4)
        oldest.bind(position, at: 1)
        // The row that holds the position; or the one behind, where that ends before it.
        repeat {
            guard try oldest.step() else { return none }
        } while oldest.integer(0) + oldest.integer(1) <= position
        let (first, count) = (oldest.integer(0), oldest.integer(1))
        let readBytes = Double(oldest.integer(4)) * Double(max(0, position - first)) / Double(count)
        return Backlog(
            events: end - max(position, first), bytes: endOffset - oldest.integer(2) - Int64(readBytes),
            oldestAgeMilliseconds: max(0, Clock.unixMilliseconds() - oldest.integer(3)))
    }
}
