import Glibc
import Platform
import TestSupport
import Testing

/// Errors, a full disk, damage, and kills at a chosen operation.
@Suite(.enabled(if: FaultFileSystem.isAvailable, "needs FUSE: \(FaultFileSystem.unavailableReason ?? "")"))
struct FailureTests {
    @Test func `A failed fsync says so once; then the pages are called clean and may be lost all the same`() throws {
        var found: Set<String?> = []
        for seed in 0..<20 {
            let disk = try Disk()
            try disk.system.order("chance \(seed)")
            disk.write("file", "old")
            disk.sync("file")
            disk.syncNames()
            disk.write("file", "new")
            try disk.system.arm("eio on=fsync,fdatasync path=file")
            #expect(disk.sync("file") == EIO)
            #expect(disk.sync("file") == 0)
            #expect(disk.read("file") == "new")
            try disk.system.order("evict file")
            let evicted = disk.read("file")
            #expect(try disk.outcomes("file", seeds: 3) == [evicted])
            found.insert(evicted)
        }
        #expect(found == ["old", "new"])
    }

    @Test func `A write fails when told to, without effect, and the next one works`() throws {
        let disk = try Disk()
        disk.write("file", "old")
        try disk.system.arm("eio on=write path=file")
        #expect(disk.write("file", "new") == EIO)
        #expect(disk.read("file") == "old")
        #expect(disk.write("file", "new") == 0)
        #expect(try disk.system.fired == 1)
    }

    @Test func `Writes fail after so many bytes`() throws {
        let disk = try Disk()
        try disk.system.arm("enospc on=write times=0 after=10")
        #expect(disk.write("file", "12345") == 0)
        #expect(disk.write("file", "12345") == 0)
        #expect(disk.write("file", "1") == ENOSPC)
        #expect(disk.write("file", "1") == ENOSPC)
    }

    @Test func `A full disk refuses to grow, takes what lies within, and works again once there is room`() throws {
        let disk = try Disk()
        try disk.system.order("room 10000")
        #expect(disk.write("file", String(repeating: "x", count: 9000)) == 0)
        #expect(disk.write("other", String(repeating: "x", count: 2000)) == ENOSPC)
        #expect(disk.write("file", "within") == 0)
        unlink(disk.path("file"))
        #expect(disk.write("other", String(repeating: "x", count: 2000)) == 0)
        try disk.system.order("room 0")
        #expect(disk.write("third", String(repeating: "x", count: 20_000)) == 0)
    }

    @Test func `Damage is seen, also where the pages were cached`() throws {
        let disk = try Disk()
        disk.write("file", "text")
        #expect(disk.read("file") == "text")
        try disk.system.order("flip file 0 0")
        #expect(disk.read("file") == "uext")
        try disk.system.order("shorten file 2")
        #expect(disk.read("file") == "ue")
        disk.syncNames()
        #expect(try disk.outcomes("file") == ["ue"])
    }

    /// A shell that writes three files, one after the other.
    private func runWriter(_ disk: Disk, killed fault: String) throws -> Int32 {
        try disk.system.arm(fault)
        let script = "for name in a b c; do printf $name > '\(disk.system.mount)'/$name; done"
        let pid = try Service.spawn(["/bin/sh", "-c", script], [:], output: "/dev/null", in: "/")
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return status & 0x7F
    }

    @Test func `A process dies before the chosen operation takes effect`() throws {
        let disk = try Disk()
        #expect(try runWriter(disk, killed: "kill-before on=write at=2") == SIGKILL)
        #expect(disk.read("a") == "a" && disk.read("b") == "" && disk.read("c") == nil)
    }

    @Test func `Or after it has taken effect`() throws {
        let disk = try Disk()
        #expect(try runWriter(disk, killed: "kill-after on=write at=2") == SIGKILL)
        #expect(disk.read("a") == "a" && disk.read("b") == "b" && disk.read("c") == nil)
    }

    @Test func `A cut kills the watched groups at the chosen operation and freezes the disk`() throws {
        let disk = try Disk()
        let bystander = try Service.spawn(["/bin/sleep", "60"], [:], output: "/dev/null", in: "/", ownGroup: true)
        try disk.system.order("watch \(bystander)")
        #expect(try runWriter(disk, killed: "cut path=b") == SIGKILL)
        var status: Int32 = 0
        waitpid(bystander, &status, 0)
        #expect(status & 0x7F == SIGKILL)
        #expect(disk.write("d", "d") == EIO)
        try disk.system.order("settle 1")
        #expect(disk.write("d", "d") == 0)
        #expect(disk.read("b") == nil && disk.read("c") == nil)
    }

    @Test func `Operations are numbered and traced`() throws {
        let disk = try Disk()
        try disk.system.order("count 0")
        disk.write("file", "text")
        disk.sync("file")
        rename(disk.path("file"), disk.path("other"))
        #expect(try disk.system.count == 4)
        let trace = try disk.system.order("trace").map { $0.split(separator: "\t").prefix(3).joined(separator: " ") }
        #expect(trace == ["1 create file", "2 write file", "3 fsync file", "4 rename other"])
    }

    @Test func `A slow disk takes as long as it is told, and serves others meanwhile`() throws {
        let disk = try Disk()
        try disk.system.arm("slow=300 on=write path=slow")
        let started = Clock.monotonicMilliseconds()
        let slow = Thread("slow") { disk.write("slow", "text") }
        disk.write("quick", "text")
        #expect(Clock.monotonicMilliseconds() - started < 250)
        slow.join()
        #expect(Clock.monotonicMilliseconds() - started >= 300)
    }

    @Test func `It is unmounted when the tests let go of it`() throws {
        var disk: Disk? = try Disk()
        let mount = try #require(disk?.system.mount)
        #expect(Service.text("/proc/mounts").contains(mount))
        disk = nil
        #expect(!Service.text("/proc/mounts").contains(mount))
    }
}
