import EventLog
import Events
import Glibc
import Platform
import Synchronization
import Testing

@Suite(.serialized) struct WALTests {
    private static func small(_ options: inout SQLiteLogOptions) {
        options.walRestartBytes = 4 << 20
        options.walCheckpointBytes = 1 << 20
        options.upkeepMilliseconds = 50
    }

    @Test func `The WAL stays small under appends that never pause, beside readers that never pause`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder, WALTests.small)
        let readers = try (0..<2).map { _ in try BusyReader(folder) }
        let lines = EventLines.filled(.click, count: 500, bytes: 300)
        var largest = 0
        for _ in 0..<1500 {
            #expect(try writer.appendAndWait(lines).isDurable)
            largest = max(largest, folder.size("log.sqlite-wal"))
        }
        // 225 MB went through.
        #expect(largest < 40 << 20, "the WAL grew to \(largest) bytes")
        for reader in readers { #expect(reader.stop() > 20) }
        writer.close()
    }

    @Test func `A reader that holds a transaction holds nobody up, and the WAL starts over when it ends`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder, WALTests.small)
        let lines = EventLines.filled(.click, count: 500, bytes: 300)
        #expect(try writer.appendAndWait(lines).isDurable)
        let holder = try SQLiteConnection(path: folder.path + "/log.sqlite", access: .readOnly)
        try holder.execute("BEGIN; SELECT count(*) FROM clicks")
        for _ in 0..<200 { #expect(try writer.appendAndWait(lines).isDurable) }
        #expect(folder.size("log.sqlite-wal") > 20 << 20)
        #expect(try holder.integer("SELECT count(*) FROM clicks") == 1)
        try holder.execute("COMMIT")
        // journal_size_limit cuts the file when the WAL starts over.
        try expectEventually {
            if let error = try writer.appendAndWait(lines).error { throw error }
            return folder.size("log.sqlite-wal") <= 8 << 20
        }
        writer.close()
    }

    @Test func `A checkpoint leaves nothing but the WAL's file when appends pause`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder) { $0.upkeepMilliseconds = 20 }
        #expect(try writer.appendAndWait(EventLines.filled(.click, count: 100, bytes: 300)).isDurable)
        expectEventually { folder.size("log.sqlite") > 30_000 }
        writer.close()
    }
}

/// Reads a whole log from the beginning, over and over.
private final class BusyReader: Sendable {
    private final class State: Sendable {
        let isDone = Atomic<Bool>(false)
        let reads = Atomic<Int>(0)
    }

    private let state = State()
    private let thread: Thread

    init(_ folder: TemporaryFolder) throws {
        let reader = try SQLiteLogReader(directory: folder.path)
        let state = state
        thread = Thread("busy reader") {
            let buffer = ByteBuffer()
            var position: Int64 = 0
            while !state.isDone.load(ordering: .relaxed) {
                buffer.clear()
                let limit = ReadLimit(events: 20_000, bytes: 8 << 20)
                let result = try? reader.read(TopicPartition(.click), from: position, limit: limit, into: buffer)
                position = (result?.count ?? 0) == 0 ? 0 : position + Int64(result!.count)
                state.reads.add(1, ordering: .relaxed)
            }
            reader.close()
        }
    }

    /// Answers how often it read.
    func stop() -> Int {
        state.isDone.store(true, ordering: .relaxed)
        thread.join()
        return state.reads.load(ordering: .relaxed)
    }
}
