import EventLog
import Events
import Glibc
import Platform
import Testing

@Suite struct FileTests {
    @Test func `A missing folder is made, with those above it, for its owner alone`() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/a/b"
        let writer = try SQLiteLogWriter(
            SQLiteLogOptions(directory: path, onFatal: { _ in }), metrics: MetricsRegistry(), logger: quiet)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        writer.close()
        for name in ["log.sqlite", "log.lock"] { unlink(path + "/" + name) }
        rmdir(path)
        rmdir(folder.path + "/a")
    }

    @Test func `A folder that cannot be made is refused, by its name`() throws {
        let error = #expect(throws: LogOpenError.self) {
            try SQLiteLogReader(directory: "/proc/nothing/here")
        }
        #expect(error?.description.contains("/proc/nothing") == true)
    }

    @Test func `A second writer is refused while the first one lives, and told who that is`() throws {
        let folder = TemporaryFolder()
        let first = try openWriter(folder)
        let error = #expect(throws: LogOpenError.self) { try openWriter(folder) }
        #expect(error?.description.contains("another process (\(getpid())) writes the log") == true)
        try first.store(.click, ["still here"])
        first.close()
    }

    @Test func `A writer may follow one that is gone`() throws {
        let folder = TemporaryFolder()
        do {
            let first = try openWriter(folder)
            try first.store(.click, ["a"])
        }
        let second = try openWriter(folder)
        try second.store(.click, ["b"])
        #expect(try SQLiteLogReader(directory: folder.path).lines(.click).texts == ["a", "b"])
        second.close()
    }

    @Test func `A file that is no database is refused and left as it is`() throws {
        let folder = TemporaryFolder()
        let text = Array(String(repeating: "precious notes\n", count: 1000).utf8)
        folder.write(text, to: "log.sqlite")
        try expectForeign(folder)
        #expect(folder.bytes("log.sqlite") == text)
    }

    @Test func `Somebody else's database is refused and left as it is`() throws {
        let folder = TemporaryFolder()
        let other = try SQLiteConnection(path: folder.path + "/log.sqlite", access: .create)
        try other.execute("CREATE TABLE clicks (a); INSERT INTO clicks VALUES (1)")
        let before = folder.bytes("log.sqlite")
        try expectForeign(folder)
        #expect(folder.bytes("log.sqlite") == before)
    }

    private func expectForeign(_ folder: TemporaryFolder) throws {
        let error = #expect(throws: LogOpenError.self) { try openWriter(folder) }
        #expect(error?.description.contains("is not Cinelog's event log: move it away") == true)
        let reader = try SQLiteLogReader(directory: folder.path)
        let failure = #expect(throws: ReadError.self) { try reader.lines(.click) }
        guard case .damaged(let reason) = failure else {
            Issue.record("not damaged: \(String(describing: failure))")
            return
        }
        #expect(reason.contains("move it away"))
    }

    @Test func `A log of a newer format is refused by both sides`() throws {
        let folder = TemporaryFolder()
        try openWriter(folder).close()
        let connection = try SQLiteConnection(path: folder.path + "/log.sqlite", access: .create)
        try connection.execute("PRAGMA user_version=3; UPDATE format SET version = 3")
        let error = #expect(throws: LogOpenError.self) { try openWriter(folder) }
        #expect(error?.description.contains("has format 3 of Cinelog's event log, this program knows 2") == true)
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(throws: ReadError.self) { try reader.lines(.click) }
    }

    @Test func `A reader waits for a log that is still to be made`() throws {
        let folder = TemporaryFolder()
        let reader = try SQLiteLogReader(directory: folder.path)
        let error = #expect(throws: ReadError.self) { try reader.lines(.click) }
        guard case .unavailable = error else {
            Issue.record("not unavailable: \(String(describing: error))")
            return
        }
        let writer = try openWriter(folder)
        #expect(try reader.lines(.click).texts.isEmpty)
        try writer.store(.click, ["first"])
        #expect(try reader.lines(.click).texts == ["first"])
        writer.close()
    }

    @Test func `A closed reader answers that it is closed`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(try reader.lines(.click).texts.isEmpty)
        reader.close()
        #expect(throws: ReadError.unavailable("the log is closed")) { try reader.lines(.click) }
        #expect(throws: ReadError.unavailable("the log is closed")) { try reader.commit(.click, next: 1) }
        writer.close()
    }

    @Test func `Damaged lines are told apart, with where they are and as they were found`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        for texts in [["a", "b"], ["c", "d", "e"], ["f"]] { try writer.store(.click, texts) }
        writer.close()
        let connection = try SQLiteConnection(path: folder.path + "/log.sqlite", access: .create)
        try connection.execute("UPDATE clicks SET lines = x'4142430A' WHERE first = 2")
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(try reader.lines(.click).texts == ["a", "b"])
        for position in Int64(2)...4 {
            let buffer = ByteBuffer("kept")
            let limit = ReadLimit(events: 1, bytes: 1)
            let result = try reader.read(TopicPartition(.click), from: position, limit: limit, into: buffer)
            #expect(result.first == position && result.count == Int(5 - position))
            #expect(result.damage?.contains("checksum") == true)
            #expect(buffer.string == "keptABC\n")
        }
        let limit = ReadLimit(events: 9, bytes: 99, last: 3)
        let part = try reader.read(TopicPartition(.click), from: 2, limit: limit, into: ByteBuffer())
        #expect(part.first == 2 && part.count == 2 && part.damage != nil)
        let rest = try reader.lines(.click, from: 5)
        #expect(rest.first == 5 && rest.texts == ["f"])
    }
}
