internal import Events

/// Deletes what the reader is done with, a little at a time, so that appends hardly wait for it.
///
/// It syncs, although a lost deletion would only be made again: its pages are at once in the WAL's index, which readers share.
/// Were a later sync to fail and the kernel to drop them, readers would take what is in their place for the log.
final class Trimmer {
    /// Together they keep a step near a millisecond.
    private static let rowsMax = 100
    private static let bytesMax: Int64 = 2 << 20

    private let connection: SQLiteConnection
    private let topics: [(candidates: SQLiteStatement, deletion: SQLiteStatement)]

    init(path: String) throws(SQLiteError) {
        connection = try SQLiteConnection(path: path, access: .create)
        try connection.followWAL()
        // Debian's SQLite overwrites what is deleted with zeroes: trimming would write as much as appending did.
        try connection.execute("PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF")
        var topics: [(candidates: SQLiteStatement, deletion: SQLiteStatement)] = []
        for topic in Topic.allCases {
            topics.append(
                (
                    try connection.prepare(Trimmer.candidates(topic.name)),
                    try connection.prepare("DELETE FROM \(topic.name) WHERE first <= ?1")
                ))
        }
        self.topics = topics
    }

    /// Rows follow each other: all before the row that holds the position, or that is the newest, lie wholly below it.
    private static func candidates(_ topic: String) -> String {
        """
        SELECT first, count, length(lines), appended_at FROM \(topic)
        WHERE first < (SELECT max(first) FROM \(topic) WHERE first <= ?1)
        ORDER BY first LIMIT \(rowsMax)
        """
    }

    /// Pages in the WAL after the last step.
    var walFrames: Int { connection.walFrames }

    /// Deletes a few of the oldest rows that lie wholly below `positions` (by topic) and were appended no later than
    /// `appendedBefore`. False: there are none.
    func step(below positions: [Int64], appendedBefore: Int64) throws(SQLiteError) -> Bool {
        for (topic, position) in zip(topics, positions) {
            guard let last = try lastRow(topic.candidates, position, appendedBefore) else { continue }
            topic.deletion.bind(last, at: 1)
            try topic.deletion.run()
            return true
        }
        return false
    }

    private func lastRow(_ candidates: SQLiteStatement, _ position: Int64, _ appendedBefore: Int64)
        throws(SQLiteError) -> Int64?
    {
        candidates.bind(position, at: 1)
        defer { candidates.reset() }
        var last: Int64?
        var next: Int64 = 0
        var bytes: Int64 = 0
        while bytes < Trimmer.bytesMax, try candidates.step(), candidates.integer(3) <= appendedBefore {
            let head = RowHead(first: candidates.integer(0), count: candidates.integer(1), offset: 0, appendedAt: 0)
            // Where keys are damaged, a deletion could take what it must not.
            guard head.first >= next else {
                throw .damaged("\(connection.path): rows are out of order at \(head.first)")
            }
            guard let end = head.end(bytes: candidates.integer(2)) else {
                throw .damaged("\(connection.path): there is no sense in the row at \(head.first)")
            }
            guard end <= position else { break }
            (last, next) = (head.first, end)
            bytes += candidates.integer(2)
        }
        return last
    }
}
