import Backup
import EventLog
import Events
import Glibc
import Loader
import Platform
import Synchronization
import TestSupport
import Testing
import Warehouse

@Suite(.serialized, .turn(.engine)) struct BackupRunTests {
    private func withBench(_ body: (Bench) async throws -> Void) async throws {
        let bench = try Bench()
        do {
            try await body(bench)
        } catch {
            await bench.close()
            throw error
        }
        await bench.close()
    }

    /// Nothing but what was there before: no half backup, no links that keep deleted rows.
    private func expectNothingLeft(_ bench: Bench, besides names: [String] = []) {
        #expect(bench.names == names)
        #expect(!Folder.exists(bench.data + "/warehouse/shadow/cinelog_backup"))
        #expect(!Folder.exists(bench.data + "/backup.unfinished"))
    }

    @Test func `Log and tables of a backup meet at its positions, while both go on`() async throws {
        try await withBench { bench in
            let stopped = Atomic<Bool>(false)
            async let appending: Int = {
                var count = 0
                while !stopped.load(ordering: .relaxed) {
                    try await bench.append(50)
                    count += 50
                }
                return count
            }()
            var manifests: [Manifest] = []
            for number in 0..<5 {
                try await Task.sleep(for: .milliseconds(100))
                manifests.append(try bench.backup(bench.path("\(number)")))
            }
            stopped.store(true, ordering: .relaxed)
            let count = try await appending
            try await bench.loaded(count)
            for (number, manifest) in manifests.enumerated() {
                let next = try #require(manifest.positions.first { $0.topic == "clicks" }).next
                let log = try SQLiteLogReader(directory: bench.path("\(number)/data"))
                let backlog = try log.backlog(TopicPartition(.click))
                let committed = try log.committed(TopicPartition(.click))
                #expect(committed.next == next && committed.note.isEmpty)
                let buffer = ByteBuffer()
                let read = try log.read(
                    TopicPartition(.click), from: next, limit: ReadLimit(events: .max, bytes: .max), into: buffer)
                #expect(backlog.events == Int64(read.count) && (read.count == 0 || read.first == next))
                #expect(try log.identity().description == manifest.log)
                log.close()
                // Counted by the files that were linked.
                #expect(try rows(bench.path("\(number)/data/warehouse"), of: "clicks_local", bench) == next)
            }
            expectNothingLeft(bench, besides: ["0", "1", "2", "3", "4"])
        }
    }

    /// The rows in a copied warehouse's parts of a table, as each part's `count.txt` has them.
    private func rows(_ folder: String, of table: String, _ bench: Bench) throws -> Int64 {
        let path = try bench.warehouse.text("SELECT data_paths[1] FROM system.tables WHERE name = '\(table)'")
        let id = try #require(path.split(separator: "/").last { $0.count > 30 })
        return try FileTree.files(below: folder).filter { $0.path.contains(id) && $0.path.hasSuffix("/count.txt") }
            .reduce(0) { try $0 + (Int64(SmallFile.read("\(folder)/\($1.path)") ?? "") ?? 0) }
    }

    @Test(arguments: ["copying", "copied the log"])
    func `A backup whose disk fills up leaves nothing, and the next one works`(after words: String) async throws {
        try await withBench { bench in
            try await bench.append(20_000, text: "x")
            try await bench.loaded(20_000)
            let disk = bench.path("disk")
            try Folder.make(disk)
            try #require(
                Service.shell("mount -t tmpfs -o size=64m tmpfs '\(disk)'").code == 0, "this test mounts a small disk")
            #expect(
                performing: {
                    try bench.backup(
                        disk + "/copy",
                        progress: { words in
                            if words.hasPrefix("copying") { _ = Service.shell("cat /dev/zero > '\(disk)/hog'") }
                        })
                }, throws: { "\($0)".contains("No space left") || "\($0)".contains("disk is full") })
            #expect(try FileTree.names(in: disk) == ["hog"])
            expectNothingLeft(bench, besides: ["disk"])
            #expect(performing: { try bench.backup(disk + "/copy") }, throws: { "\($0)".contains("make room") })
            unlink(disk + "/hog")
            _ = try bench.backup(disk + "/copy")
            #expect(try FileTree.names(in: disk) == ["copy"])
        }
    }

    @Test func `A backup that nobody waits for any more is broken off and leaves nothing`() async throws {
        try await withBench { bench in
            try await bench.append(100)
            try await bench.loaded(100)
            #expect(throws: BackupError.abandoned) { try bench.backup(bench.path("copy"), isAbandoned: { true }) }
            expectNothingLeft(bench)
        }
    }

    @Test func `While loading cannot finish its plan there is no backup, and it says so`() async throws {
        try await withBench { bench in
            try await bench.append(100)
            try await bench.loaded(100)
            // As a plan that fails again and again leaves it.
            await bench.stopLoading()
            try bench.log.commit(
                TopicPartition(.page), CommittedPosition(next: 0, note: "0-9-0193579a-0000-7000-8000-000000000001"))
            #expect(
                performing: { try bench.backup(bench.path("copy"), restMilliseconds: 300) },
                throws: { "\($0)".contains("did not come to rest") })
            expectNothingLeft(bench)
            try bench.log.commit(TopicPartition(.page), CommittedPosition(next: 0, note: ""))
            _ = try bench.backup(bench.path("copy"))
        }
    }

    @Test func `Small folders beside the log are copied with it`() async throws {
        try await withBench { bench in
            try Folder.make(bench.data + "/erasures")
            try SmallFile.write("kept", to: bench.data + "/erasures/one")
            let manifest = try bench.backup(bench.path("copy"), alongside: ["erasures", "missing"])
            #expect(manifest.files.contains { $0.path == "erasures/one" && $0.bytes == 4 })
            #expect(try SmallFile.read(bench.path("copy/data/erasures/one")) == "kept")
        }
    }
}
