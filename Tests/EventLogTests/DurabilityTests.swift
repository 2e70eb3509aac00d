import EventLog
import Events
import Glibc
import Platform
import Testing

@Suite struct DurabilityTests {
    /// No checkpoint comes between while files are copied.
    private static func still(_ options: inout SQLiteLogOptions) { options.upkeepMilliseconds = 3_600_000 }

    /// What a machine that lost its power finds: the files as they are, without the shared memory.
    private func crashCopy(of folder: TemporaryFolder, wal bytes: Int? = nil) -> TemporaryFolder {
        let copy = TemporaryFolder()
        copy.write(folder.bytes("log.sqlite"), to: "log.sqlite")
        let wal = folder.bytes("log.sqlite-wal")
        copy.write(Array(wal.prefix(bytes ?? wal.count)), to: "log.sqlite-wal")
        return copy
    }

    @Test func `What was answered durable is there after a crash`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder, DurabilityTests.still)
        for index in 0..<200 {
            try writer.store(.click, ["\(index)"])
            guard index % 50 == 49 else { continue }
            let copy = crashCopy(of: folder)
            let recovered = try openWriter(copy)
            let reader = try SQLiteLogReader(directory: copy.path)
            #expect(try reader.lines(.click).texts == (0...index).map(String.init))
            try recovered.store(.click, ["next"])
            #expect(try reader.lines(.click, from: Int64(index) + 1).texts == ["next"])
            recovered.close()
        }
        writer.close()
    }

    @Test func `A WAL torn anywhere leaves the commits before the tear, whole`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder, DurabilityTests.still)
        for index in 0..<20 { try writer.store(.click, ["\(index) a", "\(index) b"]) }
        let size = folder.size("log.sqlite-wal")
        var found: Set<Int> = []
        for bytes in stride(from: 0, through: size, by: 4999) {
            let copy = crashCopy(of: folder, wal: bytes)
            let recovered = try openWriter(copy)
            let texts = try SQLiteLogReader(directory: copy.path).lines(.click).texts
            #expect(texts == (0..<texts.count / 2).flatMap { ["\($0) a", "\($0) b"] })
            found.insert(texts.count)
            recovered.close()
        }
        #expect(found.count > 10)
        writer.close()
    }

    @Test func `A log goes on at the next position after a restart`() throws {
        let folder = TemporaryFolder()
        for round in 0..<3 {
            let writer = try openWriter(folder)
            try writer.store(.page, ["\(round) a", "\(round) b"])
            writer.close()
        }
        let reader = try SQLiteLogReader(directory: folder.path)
        let read = try reader.lines(.page)
        #expect(read.texts == (0..<3).flatMap { ["\($0) a", "\($0) b"] })
        #expect(try reader.backlog(TopicPartition(.page)).bytes == 24)
    }

    @Test func `Closing commits what waits, tells everyone and leaves no WAL`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let answers = Answers()
        for index in 0..<1000 { try writer.append(EventLines(.click, ["\(index)"]), waiter: answers) }
        writer.close()
        #expect(answers.now.count == 1000)
        #expect(answers.now.allSatisfy { $0.isDurable })
        #expect(folder.size("log.sqlite-wal") == 0)
        #expect(throws: AppendError.unavailable("the log is shutting down")) {
            try writer.append(EventLines(.click, ["late"]), waiter: answers)
        }
        writer.close()
        #expect(try SQLiteLogReader(directory: folder.path).lines(.click).texts == (0..<1000).map(String.init))
    }

    @Test func `Appends from many threads are each answered once and stored once, in each thread's order`() throws {
        let folder = TemporaryFolder()
        let writer = try openWriter(folder)
        let (threads, appends) = (8, 2000)
        let answers = (0..<threads * appends).map { _ in Answers() }
        let workers = (0..<threads).map { thread in
            Thread("append \(thread)") {
                for index in 0..<appends {
                    let kind = EventKind.allCases[index % 4]
                    try? writer.append(
                        EventLines(kind, ["\(thread) \(index)"]), waiter: answers[thread * appends + index])
                }
            }
        }
        for worker in workers { worker.join() }
        writer.close()
        #expect(answers.allSatisfy { $0.now.count == 1 && $0.now[0].isDurable })
        let reader = try SQLiteLogReader(directory: folder.path)
        for (offset, kind) in EventKind.allCases.enumerated() {
            let texts = try reader.lines(kind).texts
            for thread in 0..<threads {
                let expected = stride(from: offset, to: appends, by: 4).map { "\(thread) \($0)" }
                #expect(texts.filter { $0.hasPrefix("\(thread) ") } == expected)
            }
            #expect(texts.count == threads * appends / 4)
        }
    }

    @Test func `Appends that wait together are committed together`() throws {
        let folder = TemporaryFolder()
        let metrics = MetricsRegistry()
        let writer = try openWriter(folder, metrics: metrics)
        let answers = Answers()
        for index in 0..<5000 { try writer.append(EventLines(.click, ["\(index)"]), waiter: answers) }
        #expect(answers.wait(for: 5000).allSatisfy { $0.isDurable })
        let commits = value(of: "cinelog_log_commits_total", in: metrics)
        #expect(commits >= 1 && commits < 2500)
        #expect(value(of: "cinelog_log_events_total{topic=\"clicks\"}", in: metrics) == 5000)
        #expect(value(of: "cinelog_log_commit_seconds_count", in: metrics) == commits)
        #expect(value(of: "cinelog_log_queue_bytes", in: metrics) == 0)
        #expect(value(of: "cinelog_log_bytes", in: metrics) > value(of: "cinelog_log_wal_bytes", in: metrics))
        writer.close()
    }

    @Test func `A failing checkpoint ends the log too`() throws {
        let folder = TemporaryFolder()
        let fatalities = Fatalities()
        let writer = try openWriter(folder) {
            $0.upkeepMilliseconds = 20
            $0.onFatal = { fatalities.add($0) }
        }
        try writer.store(.click, ["before"])
        for descriptor in descriptors(of: folder.path + "/log.sqlite") { breakDescriptor(descriptor) }
        _ = try? writer.appendAndWait(EventLines(.click, ["to be moved"]))
        #expect(fatalities.wait().count == 1)
        #expect(throws: AppendError.self) { try writer.append(EventLines(.click, ["no"]), waiter: Answers()) }
        writer.close()
    }

    @Test func `A log that is deleted under the writer ends it`() throws {
        let folder = TemporaryFolder()
        let fatalities = Fatalities()
        let writer = try openWriter(folder) { $0.onFatal = { fatalities.add($0) } }
        try writer.store(.click, ["before"])
        unlinkFile(folder, "log.sqlite")
        let outcome = try writer.appendAndWait(EventLines(.click, ["into the void"]))
        #expect(!outcome.isDurable)
        #expect(fatalities.wait().first?.contains("moved or deleted") == true)
        writer.close()
    }

    @Test func `A failing disk ends the log: nothing is acknowledged again`() throws {
        let folder = TemporaryFolder()
        let fatalities = Fatalities()
        let writer = try openWriter(folder) {
            DurabilityTests.still(&$0)
            $0.onFatal = { fatalities.add($0) }
        }
        try writer.store(.click, ["before"])
        for descriptor in descriptors(of: folder.path + "/log.sqlite-wal") { breakDescriptor(descriptor) }
        let outcome = try writer.appendAndWait(EventLines(.click, ["lost"]))
        #expect(!outcome.isDurable)
        #expect(fatalities.wait().count == 1)
        #expect(writer.unavailableReason?.contains("log.sqlite") == true)
        for _ in 0..<10 {
            #expect(throws: AppendError.self) { try writer.append(EventLines(.click, ["no"]), waiter: Answers()) }
        }
        writer.close()
        #expect(fatalities.now.count == 1)
    }

    /// Reads and writes of it fail from now on (EBADF), as they do on a disk that is gone.
    private func breakDescriptor(_ descriptor: Int32) {
        // O_PATH
        let hollow = open("/tmp", 0o10000000 | O_CLOEXEC)
        dup2(hollow, descriptor)
        close(hollow)
    }

    /// This process's open descriptors of a file.
    private func descriptors(of path: String) -> [Int32] {
        (3..<1024).filter { descriptor in
            var target = [UInt8](repeating: 0, count: 4096)
            let count = target.withUnsafeMutableBytes { bytes in
                readlink(
                    "/proc/self/fd/\(descriptor)", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
            }
            return count > 0 && String(decoding: target[..<count], as: UTF8.self) == path
        }
    }
}

/// A series' value in the rendered metrics.
func value(of series: String, in metrics: MetricsRegistry) -> Double {
    let line = metrics.render().split(separator: "\n").first { $0.hasPrefix(series + " ") }
    return line.flatMap { Double($0.dropFirst(series.utf8.count + 1)) } ?? -1
}
