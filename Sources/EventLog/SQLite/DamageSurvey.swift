internal import Events

/// Finds out, when a read met something it cannot pass on, what stands at a position: a row that a damaged neighbour
/// hid, damage, a gap, or the end.
///
/// It trusts no key: it walks the rows from the leftmost on, as they lie in the b-tree, and believes what their checksums
/// prove. Where SQLite cannot read a page it looks for the next key that can be reached. It has a connection of its own:
/// what it cannot read is not something half read before. The walk is short, as what lies before a position is trimmed.
final class DamageSurvey {
    /// A damaged row, with what it says about itself.
    private struct Suspect {
        let first: Int64
        let end: Int64?
        let appendedAt: Int64
        let damage: String
        let bytes: Range<Int>
    }

    private static let pagesSkippedMax = 100_000
    private static let bytesKeptMax = 64 << 20

    private let topic: Topic
    private let connection: SQLiteConnection
    private let found = ByteBuffer()
    private var suspects: [Suspect] = []
    private var unreadable: SQLiteError?

    init(_ topic: Topic, path: String) throws(SQLiteError) {
        self.topic = topic
        connection = try SQLiteConnection(path: path, access: .readOnly)
        // One state of the log for all that is looked at.
        try connection.execute("PRAGMA query_only=ON; BEGIN")
    }

    /// What a read from `position` answers. A gap has no lines with it: read again from where it ends.
    func read(from position: Int64, limit: ReadLimit, into buffer: ByteBuffer) throws(SQLiteError) -> ReadResult {
        var progress = ReadProgress(position, limit)
        let following = try walk(to: position) { row in progress.take(row, into: buffer) }
        if progress.result.count > 0 { return progress.result }
        if let damage = damage(at: position, following: following, into: buffer) {
            let end = min(damage.end, min(limit.last ?? .max, .max - 1) + 1)
            return ReadResult(
                first: position, count: Int(end - position), oldestAppendedAt: damage.appendedAt, damage: damage.text)
        }
        // Where nothing can be read behind it, nothing tells how far it goes.
        if following == nil, let unreadable { throw unreadable }
        return ReadResult(first: following ?? position, count: 0, oldestAppendedAt: 0)
    }

    // MARK: Walking

    /// Looks at the rows up to the first whole one that ends behind `position`. Gives that to `take` if it holds the
    /// position, else answers where it begins; nil: there is none.
    private func walk(to position: Int64, _ take: (FoundRow) -> Bool) throws(SQLiteError) -> Int64? {
        (suspects, unreadable) = ([], nil)
        found.clear()
        var start: Int64?
        for _ in 0..<DamageSurvey.pagesSkippedMax {
            let rows = try connection.prepare(
                "SELECT \(LogSchema.columns) FROM \(topic.name) \(from(start)) ORDER BY first")
            defer { rows.reset() }
            var seen = start
            do throws(SQLiteError) {
                while try rows.step() {
                    let row = FoundRow(rows)
                    seen = row.head.first
                    if let damage = row.damage(in: topic) {
                        suspect(row, damage)
                        continue
                    }
                    guard let end = row.end, end > position else {
                        suspects = []
                        unreadable = nil
                        continue
                    }
                    if row.head.first > position { return row.head.first }
                    _ = take(row)
                    return nil
                }
                return nil
            } catch {
                guard error.nature == .damaged else { throw error }
                unreadable = error
                rows.reset()
                guard let next = try nextReachable(after: seen ?? -1) else { return nil }
                start = next
            }
        }
        return nil
    }

    private func from(_ start: Int64?) -> String { start.map { "WHERE first >= \($0)" } ?? "" }

    private func suspect(_ row: FoundRow, _ damage: String) {
        guard found.count + row.lines.count <= DamageSurvey.bytesKeptMax else { return }
        if suspects.isEmpty { found.clear() }
        let begin = found.count
        found.append(row.lines)
        suspects.append(
            Suspect(
                first: row.head.first, end: row.end, appendedAt: row.head.appendedAt, damage: damage,
                bytes: begin..<found.count))
    }

    /// The least key above `key` from which a row can be read; nil: none, or none that the b-tree leads to.
    private func nextReachable(after key: Int64) throws(SQLiteError) -> Int64? {
        guard key < .max - 1 else { return nil }
        var failing = key
        var step: Int64 = 1
        var reached = try probe(key + 1)
        var reaching = key + 1
        while reached == nil {
            failing = reaching
            guard failing < .max - step else { return nil }
            reaching = failing + step
            step = step < .max / 4 ? step * 2 : step
            reached = try probe(reaching)
        }
        while reaching - failing > 1 {
            let middle = failing + (reaching - failing) / 2
            if let found = try probe(middle) { (reached, reaching) = (found, middle) } else { failing = middle }
        }
        return reached == .max ? nil : reached
    }

    /// The first key from `key` on; `max` where there is none; nil where SQLite cannot read it.
    private func probe(_ key: Int64) throws(SQLiteError) -> Int64? {
        let row = try connection.prepare(
            "SELECT \(LogSchema.columns) FROM \(topic.name) WHERE first >= \(key) ORDER BY first LIMIT 1")
        defer { row.reset() }
        do throws(SQLiteError) {
            return try row.step() ? max(key, row.integer(0)) : .max
        } catch {
            guard error.nature == .damaged else { throw error }
            return nil
        }
    }

    // MARK: Damage

    /// The damaged rows that may hold `position`: one, where its neighbours bear out what it says about itself; else all up
    /// to the next whole row.
    private func damage(at position: Int64, following: Int64?, into buffer: ByteBuffer)
        -> (end: Int64, text: String, appendedAt: Int64)?
    {
        var rest = suspects[...]
        func isBorneOut(_ suspect: Suspect) -> Bool {
            let next = rest.dropFirst().first?.first ?? following
            return suspect.end != nil && suspect.end == next
        }
        while let first = rest.first, isBorneOut(first), let end = first.end, end <= position {
            rest = rest.dropFirst()
        }
        guard let first = rest.first, let last = rest.last else { return nil }
        let isAlone = isBorneOut(first) && first.first <= position
        let bytes = UnsafeRawBufferPointer(
            rebasing: found.bytes[first.bytes.lowerBound..<(isAlone ? first : last).bytes.upperBound])
        let end = isAlone ? first.end : following
        buffer.append(bytes)
        return (
            end.flatMap { $0 > position ? $0 : nil } ?? estimatedEnd(first, last, position, bytes),
            "\(connection.path): the row at \(first.first): \(first.damage)", first.appendedAt
        )
    }

    /// Where the newest row ends, which nothing follows: as it says, or as many lines behind the position as there are.
    private func estimatedEnd(_ first: Suspect, _ last: Suspect, _ position: Int64, _ bytes: UnsafeRawBufferPointer)
        -> Int64
    {
        if let end = last.end, first.first <= position, end > position, end - position <= Int64(bytes.count) {
            return end
        }
        return position + Int64(max(1, LineScan.prefix(of: bytes, lines: .max).lines))
    }
}
