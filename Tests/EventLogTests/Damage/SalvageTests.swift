import EventLog
import Events
import Glibc
import Platform
import Testing

@Suite struct SalvageTests {
    /// A log with a header of nonsense, and some lines.
    private func damaged(_ texts: [String]) throws -> (folder: TemporaryFolder, identity: UUID) {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        for text in texts { try writer.store(.click, [text]) }
        let reader = try SQLiteLogReader(directory: folder.path)
        let identity = try reader.identity()
        reader.close()
        writer.close()
        var bytes = folder.bytes("log.sqlite")
        for index in 0..<100 { bytes[index] = 0xEE }
        folder.write(bytes, to: "log.sqlite")
        return (folder, identity)
    }

    private func open(_ folder: TemporaryFolder, _ metrics: MetricsRegistry = MetricsRegistry()) throws
        -> SQLiteLogWriter
    {
        try openWriter(folder, metrics: metrics) { $0.tellsDamage = false }
    }

    @Test func `A salvaged log is the same log: identity and positions stay`() throws {
        let (folder, identity) = try damaged(["a", "b", "c"])
        let metrics = MetricsRegistry()
        let writer = try open(folder, metrics)
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(try reader.identity() == identity)
        #expect(try reader.lines(.click).texts == ["a", "b", "c"])
        try writer.store(.click, ["d"])
        #expect(try reader.lines(.click, from: 3).texts == ["d"])
        #expect(value(of: "cinelog_log_damage_total", in: metrics) == 1)
        #expect(value(of: "cinelog_log_lost_events_total", in: metrics) == 0)
        writer.close()
    }

    @Test func `The damaged file is set aside as it was, with a report beside it`() throws {
        let (folder, _) = try damaged(["a", "b"])
        let before = folder.bytes("log.sqlite")
        let writer = try open(folder)
        let copy = try #require(folder.names.first { $0.hasPrefix("log.damaged-") && $0.hasSuffix(".sqlite") })
        #expect(folder.bytes(copy) == before)
        let report = String(decoding: folder.bytes(copy.replacing(".sqlite", with: ".json")), as: UTF8.self)
        #expect(report.contains(#""saved_events":2,"lost_events":0,"complete":true"#))
        #expect(
            report.contains(
                #"{"topic":"clicks","saved_events":2,"lost_events":0,"lost_positions":[],"unknown_behind":null}"#))
        #expect(report.contains(#""what_to_do":"The copy holds events as they were"#))
        writer.close()
    }

    @Test func `What a row lost is told by its positions`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        for text in ["first", "second secret", "third"] { try writer.store(.click, [text, text]) }
        writer.close()
        var bytes = folder.bytes("log.sqlite")
        let place = try #require(bytes.firstRange(of: Array("second secret".utf8)))
        bytes[place.lowerBound] = 0
        for index in 0..<100 { bytes[index] = 0xEE }
        folder.write(bytes, to: "log.sqlite")
        let second = try open(folder)
        let part = try #require(second.salvaged?.parts[0])
        #expect(part.savedEvents == 4 && part.lost == [2..<4] && part.unknownBehind == nil)
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(try reader.lines(.click).texts == ["first", "first"])
        let behind = try reader.lines(.click, from: 2)
        #expect(behind.first == 4 && behind.texts == ["third", "third"])
        second.close()
    }

    @Test func `Cells without columns are no rows`() throws {
        let (folder, _) = try damaged(["a", "b"])
        var bytes = folder.bytes("log.sqlite")
        // In the page of the last table: a payload of two bytes, which are the length of its header, two bytes long.
        for place in stride(from: bytes.count - 8192, to: bytes.count, by: 4) {
            bytes.replaceSubrange(place..<place + 4, with: [2, 0, 0x80, 2])
        }
        folder.write(bytes, to: "log.sqlite")
        let writer = try open(folder)
        #expect(writer.salvaged?.savedEvents == 2)
        writer.close()
    }

    @Test func `A salvage that was interrupted is finished, or begun again`() throws {
        let (folder, identity) = try damaged(["a", "b"])
        let damagedBytes = folder.bytes("log.sqlite")
        try open(folder).close()
        let salvaged = folder.bytes("log.sqlite")
        // Before all was written: what is there of it is nothing.
        folder.write(damagedBytes, to: "log.sqlite")
        folder.write(Array(salvaged.prefix(10_000)), to: "log.salvaging.sqlite")
        folder.write([1, 2, 3], to: "log.salvaging.sqlite-wal")
        try expectLog(folder, ["a", "b"], identity, isSalvaged: true)
        // After it: the damaged files are still in their place.
        folder.write(damagedBytes, to: "log.sqlite")
        folder.write(Array(damagedBytes.prefix(9000)), to: "log.sqlite-wal")
        folder.write(salvaged, to: "log.salvaged.sqlite")
        try expectLog(folder, ["a", "b"], identity, isSalvaged: false)
        #expect(!folder.names.contains { $0.hasPrefix("log.salvag") })
    }

    private func expectLog(_ folder: TemporaryFolder, _ texts: [String], _ identity: UUID, isSalvaged: Bool) throws {
        let writer = try open(folder)
        #expect((writer.salvaged != nil) == isSalvaged)
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(try reader.identity() == identity)
        #expect(try reader.lines(.click).texts == texts)
        reader.close()
        writer.close()
    }

    @Test func `Damage that a commit meets ends the log, and the next start salvages, once`() throws {
        let folder = TemporaryFolder()
        let fatalities = Fatalities()
        let writer = try openWriter(folder) { $0.onFatal = { fatalities.add($0) } }
        try writer.store(.click, ["a"])
        // A row where the next one is to go.
        let other = try SQLiteConnection(path: folder.path + "/log.sqlite", access: .create)
        try other.execute("INSERT INTO clicks VALUES (1, 1, 2, 0, 0, x'620A')")
        #expect(try !writer.appendAndWait(EventLines(.click, ["b"])).isDurable)
        #expect(fatalities.wait().count == 1)
        writer.close()
        let second = try open(folder)
        #expect(second.salvaged?.savedEvents == 1)
        try second.store(.click, ["c"])
        second.close()
        let third = try open(folder)
        #expect(third.salvaged == nil)
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(try reader.lines(.click).texts == ["a"])
        #expect(try reader.lines(.click, from: 2).texts == ["c"])
        third.close()
    }

    @Test func `A WAL without its database is not thrown away`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder) { $0.upkeepMilliseconds = 3_600_000 }
        for text in ["a", "b", "c"] { try writer.store(.film, [text]) }
        let copy = TemporaryFolder()
        copy.write(folder.bytes("log.sqlite-wal"), to: "log.sqlite-wal")
        writer.close()
        let second = try open(copy)
        #expect(try SQLiteLogReader(directory: copy.path).lines(.film).texts == ["a", "b", "c"])
        second.close()
    }

    @Test(arguments: [1, 3, 12])
    func `A damaged header of a WAL that was started over costs nothing`(newCommits: Int) throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder) { $0.upkeepMilliseconds = 3_600_000 }
        let old = (0..<40).map { "old \($0)" }
        let new = (0..<newCommits).map { "new \($0)" }
        for text in old { try writer.store(.click, [text]) }
        let other = try SQLiteConnection(path: folder.path + "/log.sqlite", access: .create)
        try other.execute("PRAGMA wal_checkpoint(RESTART)")
        for text in new { try writer.store(.click, [text]) }
        let (database, wal) = (folder.bytes("log.sqlite"), folder.bytes("log.sqlite-wal"))
        #expect(wal.count > 40 * 8192, "what is left of the older round lies behind the new one")
        for byte in 0..<32 {
            let copy = TemporaryFolder()
            var damaged = wal
            damaged[byte] ^= 0x10
            copy.write(database, to: "log.sqlite")
            copy.write(damaged, to: "log.sqlite-wal")
            let second = try open(copy)
            #expect(try SQLiteLogReader(directory: copy.path).lines(.click).texts == old + new, "byte \(byte)")
            second.close()
        }
        writer.close()
    }

    @Test func `Tables begin where salvage looks for them, also after scrubbing`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        try writer.store(.click, ["a"])
        let reader = try SQLiteLogReader(directory: folder.path)
        let log = try SQLiteConnection(path: folder.path + "/log.sqlite", access: .readOnly)
        for _ in 0..<2 {
            for topic in Topic.allCases {
                let root = try log.integer("SELECT rootpage FROM sqlite_schema WHERE name = '\(topic.name)'")
                #expect(root == Int64(topic.rawValue) + 2)
            }
            try reader.commit(.click, next: 1)
            #expect(writer.scrub(waitingAtMost: 10_000) == .done(copies: []))
        }
        writer.close()
    }

    @Test func `A file of somebody else is not set aside`() throws {
        let folder = TemporaryFolder()
        let text = Array(String(repeating: "precious notes\n", count: 3000).utf8)
        folder.write(text, to: "log.sqlite")
        #expect(throws: LogOpenError.self) { try open(folder) }
        #expect(folder.bytes("log.sqlite") == text)
        #expect(!folder.names.contains { $0.hasPrefix("log.damaged") })
    }
}
