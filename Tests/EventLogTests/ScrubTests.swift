import EventLog
import Events
import Platform
import Testing

@Suite struct ScrubTests {
    private func isTrace(of text: String, in folder: TemporaryFolder) -> Bool {
        folder.names.contains { folder.bytes($0).firstRange(of: Array(text.utf8)) != nil }
    }

    @Test func `Nothing is left of loaded lines, in no file of the folder, and positions go on`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder) { $0.upkeepMilliseconds = 20 }
        let reader = try SQLiteLogReader(directory: folder.path)
        for _ in 0..<20 {
            try writer.store(.click, (0..<50).map { "secret of somebody \($0)" })
            try writer.store(.film, [String(repeating: "secret of somebody ", count: 2000)])
        }
        #expect(try reader.lines(.click, from: 0).texts.count == 1000)
        try reader.commit(.click, next: 1000)
        try reader.commit(.film, next: 20)
        #expect(isTrace(of: "secret of somebody", in: folder))
        #expect(writer.scrub(waitingAtMost: 10_000) == .done(copies: []))
        #expect(!isTrace(of: "secret of somebody", in: folder))
        try writer.store(.click, ["next"])
        let read = try reader.lines(.click, from: 0)
        #expect(read.first == 1000 && read.texts == ["next"])
        #expect(try reader.backlog(TopicPartition(.click)).events == 1)
        writer.close()
        let second = try openWriter(folder)
        try second.store(.film, ["next"])
        #expect(try reader.lines(.film, from: 20).texts == ["next"])
        #expect(second.scrub(waitingAtMost: 10_000) == .done(copies: []))
        #expect(try reader.lines(.click, from: 1000).texts == ["next"])
        second.close()
    }

    @Test func `Scrubbing waits for what is not loaded, and is done when it is`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder) {
            $0.upkeepMilliseconds = 20
            $0.scrubBytesMax = 1 << 20
        }
        let reader = try SQLiteLogReader(directory: folder.path)
        try writer.store(.click, ["secret one", "secret two"])
        for _ in 0..<20 { #expect(try writer.appendAndWait(.filled(.page, count: 500, bytes: 300)).isDurable) }
        try reader.commit(.click, next: 1)
        guard case .later = writer.scrub(waitingAtMost: 10_000) else {
            Issue.record("a half loaded row is there")
            return
        }
        try reader.commit(.click, next: 2)
        guard case .later(let reason) = writer.scrub(waitingAtMost: 10_000) else {
            Issue.record("3 MB are not loaded")
            return
        }
        #expect(reason.contains("bytes are not loaded"))
        try reader.commit(.page, next: 10_000)
        expectEventually { !isTrace(of: "secret", in: folder) }
        writer.close()
    }

    @Test func `Damaged files that were set aside are told`() throws {
        let folder = TemporaryFolder()
        let first = try openWriter(folder)
        try first.store(.click, ["secret"])
        first.close()
        var bytes = folder.bytes("log.sqlite")
        for index in 0..<100 { bytes[index] = 0xFF }
        folder.write(bytes, to: "log.sqlite")
        let second = try openWriter(folder) { $0.tellsDamage = false }
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(try reader.lines(.click).texts == ["secret"])
        try reader.commit(.click, next: 1)
        guard case .done(let copies) = second.scrub(waitingAtMost: 10_000) else {
            Issue.record("not done")
            return
        }
        #expect(copies.count == 1 && copies[0].contains("/log.damaged-"))
        second.close()
    }

    /// What a large log costs those who append meanwhile; printed for docs/performance.md.
    @Test func `Commits wait for scrubbing no longer than it takes to write what is left`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        let lines = EventLines.filled(.page, count: 500, bytes: 300)
        for _ in 0..<80 { #expect(try writer.appendAndWait(lines).isDurable) }
        try reader.commit(.click, next: 0)
        let started = Clock.monotonicNanoseconds()
        #expect(writer.scrub(waitingAtMost: 10_000) == .done(copies: []))
        let took = Double(Clock.monotonicNanoseconds() - started) / 1e6
        print("scrubbing a log of 12 MB held commits up for \(took) ms")
        #expect(took < 5000)
        writer.close()
    }
}
