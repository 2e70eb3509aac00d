internal import Events
internal import Platform

/// A look at a log's tables when it is opened: whether SQLite can walk them, and whether the rows follow each other. Lines are
/// checked when they are read; but for the newest row's, which tells where the next one begins.
///
/// It reads the leaf pages, not what overflows from them. For a large log it ends after a while: the rest is for the
/// reader to find.
struct LogCheck {
    private static let milliseconds: UInt64 = 2000
    private static let rowsPerLook = 1024
    private static let gapsMax = 1000

    let connection: SQLiteConnection

    /// Positions by topic that lie between rows and that no row holds. Rare: what an earlier salvage could not save, or what
    /// damage hides from SQLite.
    func run() throws(SQLiteError) -> [[Range<Int64>]] {
        let deadline = Clock.monotonicMilliseconds() + LogCheck.milliseconds
        var gaps: [[Range<Int64>]] = []
        for topic in Topic.allCases { gaps.append(try walk(topic, until: deadline)) }
        return gaps
    }

    private func walk(_ topic: Topic, until deadline: UInt64) throws(SQLiteError) -> [Range<Int64>] {
        let rows = try connection.prepare("SELECT first, count, length(lines) FROM \(topic.name) ORDER BY first")
        defer { rows.reset() }
        var next: Int64 = 0
        var gaps: [Range<Int64>] = []
        var seen = 0
        while try rows.step() {
            let head = RowHead(first: rows.integer(0), count: rows.integer(1), offset: 0, appendedAt: 0)
            guard head.first >= next, let end = head.end(bytes: rows.integer(2)) else {
                throw .damaged("\(connection.path): the rows of \(topic.name) are out of order at \(head.first)")
            }
            if seen > 0, head.first > next, gaps.count < LogCheck.gapsMax { gaps.append(next..<head.first) }
            next = end
            seen += 1
            if seen % LogCheck.rowsPerLook == 0, Clock.monotonicMilliseconds() > deadline { break }
        }
        return gaps
    }

    /// Where the topic's next row begins, by its newest row and by `ends`.
    func end(of topic: Topic) throws(SQLiteError) -> RowHead {
        var end = RowHead(first: 0, count: 0, offset: 0, appendedAt: 0)
        let newest = try connection.prepare(
            "SELECT \(LogSchema.columns) FROM \(topic.name) ORDER BY first DESC LIMIT 1")
        defer { newest.reset() }
        if try newest.step() {
            let row = FoundRow(newest)
            if let damage = row.damage(in: topic) {
                throw .damaged("\(connection.path): the newest row of \(topic.name): \(damage)")
            }
            end.first = row.head.first + row.head.count
            end.offset = row.head.offset + Int64(row.lines.count)
        }
        let written = try connection.prepare(
            "SELECT position, offset, checksum FROM ends WHERE topic = \(topic.rawValue)")
        defer { written.reset() }
        guard try written.step() else { return end }
        let (position, offset) = (written.integer(0), written.integer(1))
        guard Checksum.ofEnd(topic, position: position, offset: offset) == written.integer(2) else {
            throw .damaged("\(connection.path): the end of \(topic.name) is not what was written")
        }
        return RowHead(first: max(end.first, position), count: 0, offset: max(end.offset, offset), appendedAt: 0)
    }
}
