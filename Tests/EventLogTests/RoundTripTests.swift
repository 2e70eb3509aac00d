import EventLog
import Events
import Platform
import Testing

@Suite struct RoundTripTests {
    @Test(arguments: EventKind.allCases)
    func `Lines of every kind come back as they were appended`(kind: EventKind) throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        try writer.store(kind, ["{\"a\":1}", "{\"b\":\"ж\"}"])
        try writer.store(kind, ["{}"])
        let read = try reader.lines(kind)
        #expect(read.first == 0)
        #expect(read.texts == ["{\"a\":1}", "{\"b\":\"ж\"}", "{}"])
        for other in EventKind.allCases where other != kind { #expect(try reader.lines(other).texts.isEmpty) }
        writer.close()
    }

    @Test func `An append of several kinds reaches each kind's topic`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        let lines = EventLines()
        for kind in EventKind.allCases { lines.add(kind, ["\(kind) 0", "\(kind) 1"]) }
        #expect(try writer.appendAndWait(lines).isDurable)
        for kind in EventKind.allCases { #expect(try reader.lines(kind).texts == ["\(kind) 0", "\(kind) 1"]) }
        writer.close()
    }

    @Test func `An append without lines is answered too`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        #expect(try writer.appendAndWait(EventLines()).isDurable)
        writer.close()
    }

    @Test func `The caller may reuse its lines as soon as append returns`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        let lines = EventLines()
        let answers = Answers()
        for index in 0..<100 {
            lines.clear()
            lines.add(.click, ["line \(index)"])
            try writer.append(lines, waiter: answers)
        }
        #expect(answers.wait(for: 100).allSatisfy { $0.isDurable })
        #expect(try reader.lines(.click).texts == (0..<100).map { "line \($0)" })
        writer.close()
    }

    @Test func `A read may start and end in the middle of what was appended together`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        let all = (0..<30).map { "line \($0)" }
        for start in stride(from: 0, to: 30, by: 10) { try writer.store(.page, Array(all[start..<start + 10])) }
        for start in 0...30 {
            for count in [1, 3, 10, 11, 30] {
                let read = try reader.lines(.page, from: Int64(start), events: count)
                #expect(read.first == Int64(start))
                #expect(read.texts == Array(all[start..<min(30, start + count)]))
            }
        }
        writer.close()
    }

    @Test func `A read goes no further than the last position asked for`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        try writer.store(.page, ["0", "1", "2"])
        try writer.store(.page, ["3", "4"])
        #expect(try reader.lines(.page, from: 1, last: 1).texts == ["1"])
        #expect(try reader.lines(.page, from: 1, last: 2).texts == ["1", "2"])
        #expect(try reader.lines(.page, from: 1, last: 3).texts == ["1", "2", "3"])
        #expect(try reader.lines(.page, from: 1, last: 99).texts == ["1", "2", "3", "4"])
        #expect(try reader.lines(.page, from: 3, last: 2).texts.isEmpty)
        writer.close()
    }

    @Test func `A read takes the lines that fit its bytes, and one that does not when it is the first`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        try writer.store(.film, ["aaaa", "bbbb", "cccccccccccccc"])
        try writer.store(.film, ["dddd"])
        #expect(try reader.lines(.film, bytes: 1).texts == ["aaaa"])
        #expect(try reader.lines(.film, bytes: 9).texts == ["aaaa"])
        #expect(try reader.lines(.film, bytes: 10).texts == ["aaaa", "bbbb"])
        #expect(try reader.lines(.film, from: 2, bytes: 3).texts == ["cccccccccccccc"])
        #expect(try reader.lines(.film, from: 2, bytes: 20).texts == ["cccccccccccccc", "dddd"])
        #expect(try reader.lines(.film, events: 0).texts.isEmpty)
        writer.close()
    }

    @Test func `The same range reads the same bytes, whatever came after it`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        try writer.store(.custom, ["a", "b", "c"])
        let before = try reader.lines(.custom, from: 1, last: 2)
        for index in 0..<50 { try writer.store(.custom, ["later \(index)"]) }
        let after = try reader.lines(.custom, from: 1, last: 2)
        #expect(before.texts == ["b", "c"])
        #expect(after.texts == before.texts)
        writer.close()
    }

    @Test func `A read at or behind the end brings nothing and moves nowhere`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        try writer.store(.click, ["a"])
        let limit = ReadLimit(events: 10, bytes: 1000)
        for position in [Int64(1), 2, 1_000_000] {
            let buffer = ByteBuffer("kept")
            let result = try reader.read(TopicPartition(.click), from: position, limit: limit, into: buffer)
            #expect(result == ReadResult(first: position, count: 0, oldestAppendedAt: 0))
            #expect(buffer.string == "kept")
        }
        writer.close()
    }

    @Test func `A read says when the oldest of its lines was appended`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        let before = Clock.unixMilliseconds()
        try writer.store(.click, ["a"])
        let after = Clock.unixMilliseconds()
        let limit = ReadLimit(events: 10, bytes: 1000)
        let result = try reader.read(TopicPartition(.click), from: 0, limit: limit, into: ByteBuffer())
        #expect((before...after).contains(result.oldestAppendedAt))
        writer.close()
    }

    @Test func `A large append is stored in rows of bounded size, without a seam`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder) { $0.rowBytesMax = 1000 }
        let reader = try SQLiteLogReader(directory: folder.path)
        let texts = (0..<200).map { "\($0)" + String(repeating: "y", count: $0 % 7 == 0 ? 1500 : 90) }
        try writer.store(.click, texts)
        #expect(try reader.lines(.click).texts == texts)
        for start in stride(from: 0, to: 200, by: 13) {
            #expect(try reader.lines(.click, from: Int64(start), events: 20).texts == Array(texts[start...].prefix(20)))
        }
        try writer.store(.click, ["next"])
        #expect(try reader.lines(.click, from: 200).texts == ["next"])
        writer.close()
    }

    @Test func `Positions and notes of a reader are kept for the next one`() throws {
        let folder = TemporaryFolder()
        let reader = try SQLiteLogReader(directory: folder.path)
        let partition = TopicPartition(.film)
        #expect(try reader.committed(partition) == CommittedPosition(next: 0, note: ""))
        try reader.commit(partition, CommittedPosition(next: 7, note: "plan 7..9 'ж'"))
        try reader.commit(partition, CommittedPosition(next: 8, note: ""))
        try reader.commit(partition, CommittedPosition(next: 9, note: "plan 9..12"))
        reader.close()
        let next = try SQLiteLogReader(directory: folder.path)
        #expect(try next.committed(partition) == CommittedPosition(next: 9, note: "plan 9..12"))
        #expect(try next.committed(TopicPartition(.click)) == CommittedPosition(next: 0, note: ""))
        #expect(try next.partitions(.views) == [partition])
    }

    @Test func `A committed position tells of which log it is`() throws {
        let folder = TemporaryFolder()
        let first = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(try reader.committed(TopicPartition(.click)).log == nil)
        let log = try reader.identity()
        try first.store(.click, ["a", "b", "c"])
        _ = try reader.lines(.click)
        try reader.commit(TopicPartition(.click), CommittedPosition(next: 1, note: "plan", log: log))
        #expect(try reader.committed(TopicPartition(.click)) == CommittedPosition(next: 1, note: "plan", log: log))
        first.close()
        for name in folder.names where name.hasPrefix("log.sqlite") { unlinkFile(folder, name) }
        let second = try openWriter(folder)
        #expect(try reader.identity() != log)
        #expect(try reader.committed(TopicPartition(.click)).log == log)
        // Three lines were handed out, one was committed: the new log begins beyond the three.
        try second.store(.click, ["d"])
        let read = try reader.lines(.click, from: 1)
        #expect(read.first == 3)
        #expect(read.texts == ["d"])
        second.close()
    }

    @Test func `Positions whose file is deleted are kept in a new one`() throws {
        let folder = TemporaryFolder()
        let reader = try SQLiteLogReader(directory: folder.path)
        try reader.commit(.click, next: 5)
        for name in folder.names where name.hasPrefix("positions") { unlinkFile(folder, name) }
        try reader.commit(.click, next: 6)
        reader.close()
        let next = try SQLiteLogReader(directory: folder.path)
        #expect(try next.committed(TopicPartition(.click)).next == 6)
    }

    @Test func `A backlog counts what waits behind the committed position`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        let partition = TopicPartition(.click)
        #expect(try reader.backlog(partition) == Backlog(events: 0, bytes: 0, oldestAgeMilliseconds: 0))
        for _ in 0..<10 { try writer.store(.click, ["12345678901", "2345678"]) }
        let all = try reader.backlog(partition)
        #expect(all.events == 20)
        #expect(all.bytes == 200)
        #expect((0..<60_000).contains(all.oldestAgeMilliseconds))
        try reader.commit(.click, next: 15)
        let rest = try reader.backlog(partition)
        #expect(rest.events == 5)
        #expect(rest.bytes == 50)
        try reader.commit(.click, next: 20)
        #expect(try reader.backlog(partition) == Backlog(events: 0, bytes: 0, oldestAgeMilliseconds: 0))
        writer.close()
    }
}
