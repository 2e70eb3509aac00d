internal import Events

/// `positions.sqlite`: where the reader stands in each topic, and its note about it. Written by the loading process,
/// read by the collecting one to know what it may trim, and where a new log has to begin.
///
///     topic TEXT, partition INTEGER   primary key; the SQLite log has the one partition 0
///     next     INTEGER NOT NULL       the next position to load
///     read_to  INTEGER NOT NULL       behind the last position that was ever handed out; never falls
///     log      TEXT NOT NULL          identity of the log that `next` was committed for, or ''
///     note     TEXT NOT NULL          the reader's own words
///     checksum INTEGER NOT NULL       of all the others, see `Checksum`
///
/// A row whose checksum does not fit is as bad as a file that SQLite cannot read: a position that is too high would
/// lose events.
struct PositionsFile {
    /// What a row holds.
    struct Row: Equatable {
        var next: Int64 = 0
        var readTo: Int64 = 0
        var log = ""
        var note = ""

        var committed: CommittedPosition { CommittedPosition(next: next, note: note, log: UUID(log)) }
    }

    private static let format = FileFormat(
        applicationID: 0x4369_6E50, version: 2, name: "reader positions",
        tables: [
            """
            CREATE TABLE positions (
                topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, read_to INTEGER NOT NULL,
                log TEXT NOT NULL, note TEXT NOT NULL, checksum INTEGER NOT NULL,
                PRIMARY KEY (topic, partition)) WITHOUT ROWID
            """
        ])

    private let connection: SQLiteConnection
    private let selection: SQLiteStatement
    private let update: SQLiteStatement?

    /// Nil: opened for reading, and there is none yet.
    init?(path: String, access: SQLiteConnection.Access) throws(SQLiteError) {
        connection = try SQLiteConnection(path: path, access: access)
        if try !PositionsFile.format.isPresent(in: connection) {
            guard access == .create else { return nil }
            try PositionsFile.format.create(in: connection)
        }
        selection = try connection.prepare(
            "SELECT next, read_to, log, note, checksum FROM positions WHERE topic = ?1 AND partition = ?2")
        guard access == .create else {
            update = nil
            return
        }
        try FileFormat.useWAL(connection)
        update = try connection.prepare("REPLACE INTO positions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
    }

    var hasMoved: Bool { connection.hasMoved }

    func row(_ partition: TopicPartition) throws(SQLiteError) -> Row {
        try selection.bind(partition.topic.name, at: 1)
        selection.bind(Int64(partition.partition), at: 2)
        defer { selection.reset() }
        guard try selection.step() else { return Row() }
        let row = Row(
            next: selection.integer(0), readTo: selection.integer(1), log: selection.text(2), note: selection.text(3))
        guard PositionsFile.checksum(partition, row) == selection.integer(4) else {
            throw .damaged("\(connection.path): the position of \(partition.topic.name) is not what was written")
        }
        return row
    }

    func write(_ partition: TopicPartition, _ row: Row) throws(SQLiteError) {
        guard let update else { preconditionFailure("opened for reading only") }
        try update.bind(partition.topic.name, at: 1)
        update.bind(Int64(partition.partition), at: 2)
        update.bind(row.next, at: 3)
        update.bind(row.readTo, at: 4)
        try update.bind(row.log, at: 5)
        try update.bind(row.note, at: 6)
        update.bind(PositionsFile.checksum(partition, row), at: 7)
        try update.run()
    }

    private static func checksum(_ partition: TopicPartition, _ row: Row) -> Int64 {
        let numbers = (
            Int64(partition.topic.rawValue), Int64(partition.partition), row.next, row.readTo,
            Int64(row.log.utf8.count)
        )
        var text = row.log + row.note
        return text.withUTF8 { Checksum.of(numbers, UnsafeRawBufferPointer($0)) }
    }

    /// Every topic's row, by topic. Read one by one: each position only ever grows.
    func rows() throws(SQLiteError) -> [Row] {
        var rows: [Row] = []
        for topic in Topic.allCases { rows.append(try row(TopicPartition(topic))) }
        return rows
    }
}
