import EventLog
import Events
import Glibc
import Platform
import Testing

@Suite struct RoomTests {
    @Test func `Appends past the queue's bound are refused at once`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder) { $0.queueBytesMax = 100_000 }
        #expect(throws: AppendError.overloaded) {
            try writer.append(EventLines.filled(.click, count: 1001, bytes: 100), waiter: Answers())
        }
        #expect(try writer.appendAndWait(EventLines.filled(.click, count: 1000, bytes: 100)).isDurable)
        writer.close()
    }

    @Test func `An append as large as the queue is one commit`() throws {
        let folder = TemporaryFolder()
        let metrics = MetricsRegistry()
        let writer = try openWriter(folder, metrics: metrics)
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(try writer.appendAndWait(EventLines.filled(.film, count: 32, bytes: 1 << 20)).isDurable)
        #expect(value(of: "cinelog_log_commits_total", in: metrics) == 1)
        #expect(try reader.lines(.film, from: 1).texts.allSatisfy { $0.utf8.count == 1 << 20 - 1 })
        #expect(try reader.backlog(TopicPartition(.film)).bytes == 32 << 20)
        writer.close()
    }

    @Test func `A log that holds its maximum refuses appends, and takes them again when it is trimmed`() throws {
        let folder = TemporaryFolder()
        let metrics = MetricsRegistry()
        let writer = try openWriter(folder, metrics: metrics) {
            $0.bytesMax = 4 << 20
            $0.upkeepMilliseconds = 20
        }
        let reader = try SQLiteLogReader(directory: folder.path)
        let lines = EventLines.filled(.click, count: 100, bytes: 300)
        for round in 0..<3 {
            let stored = try fill(writer, lines)
            // Later there is room as soon as the first rows are trimmed.
            #expect(stored > (round == 0 ? 20 : 0))
            #expect(writer.unavailableReason?.contains("LOG_MAX_BYTES") == true)
            #expect(folder.size("log.sqlite") + folder.size("log.sqlite-wal") < 10 << 20)
            let next = try reader.committed(TopicPartition(.click)).next + reader.backlog(TopicPartition(.click)).events
            try reader.commit(.click, next: next)
            expectEventually { writer.unavailableReason == nil }
            #expect(try writer.appendAndWait(lines).isDurable)
        }
        #expect(value(of: "cinelog_log_full_total", in: metrics) == 3)
        writer.close()
    }

    /// Appends until there is no room; answers how many were durable.
    private func fill(_ writer: SQLiteLogWriter, _ lines: EventLines) throws -> Int {
        for count in 0..<100_000 {
            do {
                let outcome = try writer.appendAndWait(lines)
                guard let error = outcome.error else { continue }
                #expect(error == .full)
            } catch {
                #expect(error as? AppendError == .full)
            }
            return count
        }
        return .max
    }

    @Test func `A full database fails the appends, says so, and recovers when it is trimmed`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder) {
            $0.pageCountMax = 200
            $0.upkeepMilliseconds = 20
        }
        try fillAndRecover(folder, writer)
    }

    @Test(.enabled(if: TemporaryDisk.isPermitted))
    func `A full disk fails the appends, says so, and recovers when there is room`() throws {
        let folder = TemporaryFolder()
        // Room for the WAL and the database that it is moved into, once the ballast is gone.
        let disk = TemporaryDisk(on: folder.path, bytes: 32 << 20)
        let ballast = folder.path + "/ballast"
        fill(ballast, bytes: 22 << 20)
        let writer = try openWriter(folder) { $0.upkeepMilliseconds = 20 }
        let lines = EventLines.filled(.click, count: 100, bytes: 300)
        let stored = try fill(writer, lines)
        #expect(stored > 20)
        #expect(writer.unavailableReason?.contains("make room") == true)
        unlink(ballast)
        expectEventually { writer.unavailableReason == nil }
        #expect(try writer.appendAndWait(lines).isDurable)
        let reader = try SQLiteLogReader(directory: folder.path)
        #expect(try reader.backlog(TopicPartition(.click)).events == Int64(stored + 1) * 100)
        reader.close()
        writer.close()
        disk.unmount()
    }

    @Test(.enabled(if: TemporaryDisk.isPermitted))
    func `A log leaves the last of the disk free, so that it can always be trimmed`() throws {
        let folder = TemporaryFolder()
        let disk = TemporaryDisk(on: folder.path, bytes: 12 << 20)
        let writer = try openWriter(folder) {
            $0.freeBytesMin = 4 << 20
            $0.walRestartBytes = 1 << 20
            $0.walCheckpointBytes = 256 << 10
            $0.upkeepMilliseconds = 20
        }
        try fillAndRecover(folder, writer)
        #expect(folder.size("log.sqlite") + folder.size("log.sqlite-wal") < 9 << 20)
        disk.unmount()
    }

    private func fillAndRecover(_ folder: TemporaryFolder, _ writer: SQLiteLogWriter) throws {
        let reader = try SQLiteLogReader(directory: folder.path)
        let lines = EventLines.filled(.click, count: 100, bytes: 300)
        // A checkpoint may make some room again: filled until there is none to make.
        var stored = 0
        try expectEventually {
            stored += try fill(writer, lines)
            return writer.unavailableReason != nil
        }
        #expect(stored > 20)
        #expect(try reader.backlog(TopicPartition(.click)).events == Int64(stored) * 100)
        try reader.commit(.click, next: Int64(stored) * 100)
        expectEventually { writer.unavailableReason == nil }
        #expect(try writer.appendAndWait(lines).isDurable)
        #expect(try reader.lines(.click, from: Int64(stored) * 100).texts.count == 100)
        reader.close()
        writer.close()
    }

    private func fill(_ path: String, bytes: Int) {
        let file = open(path, O_WRONLY | O_CREAT, 0o600)
        posix_fallocate(file, 0, off_t(bytes))
        close(file)
    }
}

/// A file system of its own in memory, so small that it can be filled. Takes root.
final class TemporaryDisk: Sendable {
    private let path: String

    static let isPermitted: Bool = {
        let folder = TemporaryFolder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=65536") == 0 else { return false }
        return umount2(folder.path, 2) == 0
    }()

    init(on path: String, bytes: Int) {
        self.path = path
        mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)")
    }

    func unmount() { umount2(path, 2) }
    deinit { unmount() }
}
