import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

/// `cinelog backup` and `cinelog restore` with the real binary.
@Suite(.serialized, .turn(.processes)) struct BackupTests {
    private let place = Place()

    /// Where backups and restored folders go; removed at the end.
    private final class Place: Sendable {
        let path = Service.temporaryFolder()
        deinit { _ = Service.shell("umount '\(path)'/disk 2>/dev/null; rm -rf '\(path)'") }
        func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
        var names: [String] { (try? FileTree.names(in: path)) ?? [] }
    }

    @Test
    func `A backup under load holds everything acknowledged before it began, once, and a restored service goes on`()
        throws
    {
        let service = try Service("serve")
        let load = MixedLoad(service)
        load.wait(for: 2000)
        var before: Set<String> = []
        for name in ["first", "second"] {
            before = load.now
            let answer = service.cinelog("backup \(name)", in: place.path)
            #expect(answer.code == 0, "\(answer.output)")
            load.wait(for: 500)
        }
        service.killAll()
        let acknowledged = load.stop()
        #expect(place.names == ["first", "second"])

        let restored = service.cinelog("restore \(place("second"))", data: place("data"))
        #expect(restored.code == 0, "\(restored.output)")
        let second = try Service("serve", folder: place("data"))
        try second.expect(before)
        try second.expectBalance()
        let stored = Set(try second.stored().keys)
        #expect(stored.isSubset(of: acknowledged) || load.failed.count > 0, "it holds what nobody sent")
        let more = MixedLoad(second)
        more.wait(for: 500)
        try second.expect(before.union(more.stop()))
        try second.expectBalance()
        #expect(more.failed.isEmpty, "\(more.failed.first ?? "")")
        #expect(second.stop() == 0)
    }

    @Test func `kill -9 of the store during a backup leaves no half of one, and the next one works`() throws {
        let service = try Service("serve", ["LOAD_MAX_AGE_MS": "20"])
        let load = MixedLoad(service)
        load.wait(for: 1000)
        for round in 0..<4 {
            let name = "killed-\(round)"
            let backup = Thread("backup") { [place] in _ = service.cinelog("backup \(name)", in: place.path) }
            usleep(UInt32.random(in: 1_000...150_000))
            if let store = service.child("store") { kill(store, SIGKILL) }
            backup.join()
            if Folder.exists(place(name)) {
                #expect(service.cinelog("restore \(place(name))", data: place("data-\(round)")).code == 0)
            }
            try service.waitForStore()
            #expect(!place.names.contains { $0.hasSuffix(".cinelog-unfinished") }, "\(place.names)")
            #expect(!Folder.exists(service.folder + "/warehouse/shadow/cinelog_backup"))
        }
        let before = load.now
        let answer = service.cinelog("backup whole", in: place.path)
        #expect(answer.code == 0, "\(answer.output)")
        load.stop()
        let restored = service.cinelog("restore \(place("whole"))", data: place("data"))
        #expect(restored.code == 0, "\(restored.output)")
        service.stop()
        try Service("serve", folder: place("data")).expect(before)
    }

    @Test func `A service that is stopped, or was killed, can be backed up too`() throws {
        let service = try Service("serve")
        let load = MixedLoad(service)
        load.wait(for: 500)
        service.killAll()
        let acknowledged = load.stop()
        // A plan that the killed store left is finished first.
        let answer = service.cinelog("backup \(place("copy"))")
        #expect(answer.code == 0, "\(answer.output)")
        #expect(service.cinelog("restore \(place("copy"))", data: place("data")).code == 0)
        try Service("serve", folder: place("data")).expect(acknowledged)
    }

    @Test func `A backup that finds no room leaves nothing behind, and the service goes on`() throws {
        let disk = place("disk")
        try Folder.make(disk)
        try #require(Service.shell("mount -t tmpfs -o size=40m tmpfs '\(disk)'").code == 0, "this test mounts a disk")
        let service = try Service("serve")
        let load = MixedLoad(service)
        load.wait(for: 1000)
        _ = Service.shell("fallocate -l 20m '\(disk)/ballast'")
        let refused = service.cinelog("backup \(disk)/none")
        #expect(refused.code != 0 && refused.output.contains("make room"), "\(refused.output)")
        #expect(try FileTree.names(in: disk) == ["ballast"])
        #expect(!Folder.exists(service.folder + "/warehouse/shadow/cinelog_backup"))
        _ = Service.shell("rm '\(disk)'/*")
        #expect(service.cinelog("backup \(disk)/whole").code == 0)
        let acknowledged = load.stop()
        #expect(load.failed.isEmpty, "\(load.failed.first ?? "")")
        try service.expect(acknowledged)
    }

    @Test func `Damage to any file of a backup is found before anything is restored`() throws {
        let service = try Service("serve")
        let load = MixedLoad(service)
        load.wait(for: 200)
        try service.expect(load.stop())
        #expect(service.cinelog("backup \(place("copy"))").code == 0)
        let files = try FileTree.files(below: place("copy")).filter { $0.bytes > 0 }
        #expect(files.count > 20)
        for file in files {
            let path = "\(place("copy"))/\(file.path)"
            flip(path, at: file.bytes / 2)
            let answer = service.cinelog("restore \(place("copy"))", data: place("data"))
            #expect(answer.code == 1 || answer.code == 64, "\(file.path): \(answer.output)")
            #expect(answer.output.contains("manifest") || answer.output.contains(file.path), "\(answer.output)")
            #expect(!Folder.exists(place("data")))
            flip(path, at: file.bytes / 2)
        }
        #expect(service.cinelog("restore \(place("copy"))", data: place("data")).code == 0)
    }

    @Test func `Backups go into new folders outside DATA_DIR, and are restored into empty ones`() throws {
        let service = try Service("serve")
        try Folder.make(place("there"))
        for (command, words) in [
            ("backup \(place("there"))", "exists already"), ("backup \(place("none"))/x", "there is no folder"),
            ("backup \(service.folder)/x", "lies in DATA_DIR"),
            ("backup \(service.folder)/warehouse/x", "lies in DATA_DIR"),
            ("backup", "needs a folder"), ("restore", "needs the backup's folder"),
            ("restore \(place("there"))", "no whole backup"), ("restore \(place("none"))", "no whole backup"),
        ] {
            let answer = service.cinelog(command)
            #expect(answer.code == 64 && answer.output.contains(words), "\(command): \(answer)")
        }
        #expect(service.cinelog("backup '\(place("with space & +%"))'").code == 0)
        let answer = service.cinelog("restore '\(place("with space & +%"))'")
        #expect(answer.code == 64 && answer.output.contains("is not empty"), "\(answer)")
        #expect(service.cinelog("restore '\(place("with space & +%"))'", data: place("there")).code == 0)
        #expect(Service.shell("stat -c %a '\(place("there"))'").output == "700\n")
    }

    @Test func `Nothing starts on a restore that broke off, and restoring again finishes it`() throws {
        let service = try Service("serve")
        let load = MixedLoad(service)
        load.wait(for: 200)
        try service.expect(load.stop())
        #expect(service.cinelog("backup \(place("copy"))").code == 0)
        for round in 0..<5 {
            let binary = Service.binary
            let line = "DATA_DIR='\(place("data"))' timeout -s KILL 0.\(round)5 \(binary) restore '\(place("copy"))'"
            _ = Service.shell(
                line, environment: getenv("LD_LIBRARY_PATH").map { ["LD_LIBRARY_PATH": String(cString: $0)] } ?? [:])
            guard Folder.exists(place("data") + "/restoring") else { continue }
            let answer = service.cinelog("serve", data: place("data"))
            #expect(answer.code != 0 && answer.output.contains("restore"), "\(answer)")
        }
        // The last kill may have come when all files were in place and only the mark was left.
        if Folder.exists(place("data") + "/restoring") || !Folder.exists(place("data") + "/log.sqlite") {
            #expect(service.cinelog("restore \(place("copy"))", data: place("data")).code == 0)
        }
        service.stop()
        try Service("serve", folder: place("data")).expect(load.now)
    }

    private func flip(_ path: String, at place: Int64) {
        let file = open(path, O_RDWR)
        defer { close(file) }
        var byte: UInt8 = 0
        pread(file, &byte, 1, off_t(place))
        byte ^= 0x10
        pwrite(file, &byte, 1, off_t(place))
    }
}

extension Service {
    /// Log, ledger and tables agree.
    func expectBalance(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let audit = cinelog("audit")
        #expect(audit.code == 0 && audit.output.contains("balanced"), "\(audit.output)", sourceLocation: sourceLocation)
    }

    /// Until the store answers again.
    func waitForStore(within milliseconds: UInt64 = 60_000) throws {
        let deadline = Clock.monotonicMilliseconds() + milliseconds
        while (try? get(admin + "/readyz"))?.status != 200 {
            guard Clock.monotonicMilliseconds() < deadline else { throw Failure(description: "no store:\n\(output)") }
            usleep(20_000)
        }
    }
}
