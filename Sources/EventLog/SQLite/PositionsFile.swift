internal import Events

/// `positions.sqlite`: where the reader stands in each topic, and its note about it. Written by the loading process,
/// read by the collecting one to know what it may trim.
///
///     topic TEXT, partition INTEGER   primary key; the SQLite log has the one partition 0
///     next  INTEGER NOT NULL          the next position to load
///     note  TEXT NOT NULL             the reader's own words
struct PositionsFile {
    private static let format = FileFormat(
        applicationID: 0x4369_6E50, version: 1, name: "reader positions",
        tables: [
            """
            CREATE TABLE positions (
                topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, note TEXT NOT NULL,
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
        selection = try connection.prepare("SELECT next, note FROM positions WHERE topic = ?1 AND partition = ?2")
        guard access == .create else {
            update = nil
            return
        }
        try FileFormat.useWAL(connection)
        update = try connection.prepare(
            """
            INSERT INTO positions VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (topic, partition) DO UPDATE SET next = excluded.next, note = excluded.note
            """)
    }

    var hasMoved: Bool { connection.hasMoved }

    func committed(_ partition: TopicPartition) throws(SQLiteError) -> CommittedPosition {
        try selection.bind(partition.topic.name, at: 1)
        selection.bind(Int64(partition.partition), at: 2)
        defer { selection.reset() }
        guard try selection.step() else { return CommittedPosition(next: 0, note: "") }
        return CommittedPosition(next: selection.integer(0), note: selection.text(1))
    }

    func commit(_ partition: TopicPartition, _ position: CommittedPosition) throws(SQLiteError) {
        guard let update else { preconditionFailure("opened for reading only") }
        try update.bind(partition.topic.name, at: 1)
        update.bind(Int64(partition.partition), at: 2)
        update.bind(position.next, at: 3)
        try update.bind(position.note, at: 4)
        try update.run()
    }

    /// Where the reader stands in every topic, by topic. Read one by one: each only ever grows.
    func next() throws(SQLiteError) -> [Int64] {
        var positions: [Int64] = []
        for topic in Topic.allCases { positions.append(try committed(TopicPartition(topic)).next) }
        return positions
    }
}
