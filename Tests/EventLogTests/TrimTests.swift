import EventLog
import Events
import Platform
import Testing

@Suite struct TrimTests {
    private static func brisk(_ options: inout SQLiteLogOptions) { options.upkeepMilliseconds = 10 }

    @Test func `Rows behind the reader go, those before it stay`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder, TrimTests.brisk)
        let reader = try SQLiteLogReader(directory: folder.path)
        for row in 0..<300 { try writer.store(.click, (0..<10).map { "\(row * 10 + $0)" }) }
        try writer.store(.page, ["untouched"])
        try reader.commit(.click, next: 2575)
        try expectEventually { try reader.lines(.click, events: 1).first == 2570 }
        #expect(try reader.lines(.click, from: 2575).texts == (2575..<3000).map(String.init))
        #expect(try reader.lines(.page).texts == ["untouched"])
        #expect(try reader.backlog(TopicPartition(.click)).events == 425)
        writer.close()
    }

    @Test func `Nothing is trimmed that no reader has committed`() throws {
        let folder = TemporaryFolder()
        let metrics = MetricsRegistry()
        let writer = try openWriter(folder, metrics: metrics, TrimTests.brisk)
        for row in 0..<50 { try writer.store(.click, ["\(row)"]) }
        let reader = try SQLiteLogReader(directory: folder.path)
        try writer.store(.film, ["a"])
        try writer.store(.film, ["b"])
        // When the films are trimmed, the clicks have been looked at too.
        try reader.commit(.film, next: 2)
        try expectEventually { try reader.lines(.film).first == 1 }
        #expect(try reader.lines(.click).texts.count == 50)
        writer.close()
    }

    @Test func `No position is used twice, also after everything was loaded and the log reopened`() throws {
        let folder = TemporaryFolder()
        let reader = try SQLiteLogReader(directory: folder.path)
        var next: Int64 = 0
        for round in 0..<4 {
            let writer = try openWriter(folder, TrimTests.brisk)
            for _ in 0..<5 {
                try writer.store(.click, ["round \(round)", "round \(round)"])
                next += 2
            }
            try reader.commit(.click, next: next)
            try expectEventually { try reader.lines(.click).first == next - 2 }
            #expect(try reader.lines(.click, from: next).texts.isEmpty)
            writer.close()
        }
        let writer = try openWriter(folder)
        try writer.store(.click, ["new"])
        let read = try reader.lines(.click, from: next)
        #expect(read.first == next)
        #expect(read.texts == ["new"])
        writer.close()
    }

    @Test func `A new log goes on where the reader of a lost one stood`() throws {
        let folder = TemporaryFolder()
        let first = try openWriter(folder)
        let reader = try SQLiteLogReader(directory: folder.path)
        try first.store(.click, ["a", "b", "c"])
        #expect(try reader.lines(.click).texts.count == 3)
        try reader.commit(.click, next: 3)
        first.close()
        for name in folder.names where name.hasPrefix("log.sqlite") { unlinkFile(folder, name) }
        let second = try openWriter(folder)
        try second.store(.click, ["d"])
        // The reader, opened on the lost file, finds the new one by itself.
        let read = try reader.lines(.click, from: 3)
        #expect(read.first == 3)
        #expect(read.texts == ["d"])
        second.close()
    }

    @Test func `Loaded events stay for as long as they are to be retained`() throws {
        let folder = TemporaryFolder()
        let reader = try SQLiteLogReader(directory: folder.path)
        let retaining = try openWriter(folder) {
            TrimTests.brisk(&$0)
            $0.retainMilliseconds = 3_600_000
        }
        for row in 0..<10 { try retaining.store(.click, ["\(row)"]) }
        try reader.commit(.click, next: 10)
        retaining.close()
        #expect(try reader.lines(.click).first == 0)
        let writer = try openWriter(folder, TrimTests.brisk)
        try expectEventually { try reader.lines(.click).first == 9 }
        writer.close()
    }

    @Test func `Trimming keeps up with appends that never pause`() throws {
        let folder = TemporaryFolder()
        let metrics = MetricsRegistry()
        let writer = try openWriter(folder, metrics: metrics) {
            TrimTests.brisk(&$0)
            $0.walRestartBytes = 2 << 20
            $0.walCheckpointBytes = 512 << 10
        }
        let reader = try SQLiteLogReader(directory: folder.path)
        let lines = EventLines.filled(.click, count: 500, bytes: 300)
        for round in 1...600 {
            #expect(try writer.appendAndWait(lines).isDurable)
            if round % 10 == 0 { try reader.commit(.click, next: Int64(round) * 500) }
        }
        // 90 MB went through.
        #expect(folder.size("log.sqlite") < 40 << 20)
        #expect(value(of: "cinelog_log_bytes", in: metrics) < Double(40 << 20))
        writer.close()
    }
}
