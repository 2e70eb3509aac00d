import Glibc
import TestSupport
import Testing

/// The ground that the campaigns stand on: what a loss of power takes, and what it may not take.
@Suite(.enabled(if: FaultFileSystem.isAvailable, "needs FUSE: \(FaultFileSystem.unavailableReason ?? "")"))
struct PowerTests {
    @Test func `What was synced, name and content, is always there after a loss of power`() throws {
        let disk = try Disk()
        disk.write("file", "old")
        disk.sync("file")
        disk.syncNames()
        #expect(try disk.outcomes("file") == ["old"])
    }

    @Test func `What was not synced may be there and may be lost`() throws {
        let disk = try Disk()
        disk.write("file", "old")
        disk.sync("file")
        disk.syncNames()
        disk.write("file", "new")
        #expect(disk.read("file") == "new")
        #expect(try disk.outcomes("file") == ["old", "new"])
    }

    @Test func `Fsync of a new file does not keep its name, save on ext4`() throws {
        let strict = try Disk(.strict)
        strict.write("file", "text")
        strict.sync("file")
        #expect(try strict.outcomes("file") == ["text", nil])
        let ext4 = try Disk(.ext4)
        ext4.write("file", "text")
        ext4.sync("file")
        #expect(try ext4.outcomes("file") == ["text"])
    }

    @Test func `A name that is synced without its content may stand for an empty file`() throws {
        let disk = try Disk()
        disk.write("file", "text")
        disk.syncNames()
        #expect(try disk.outcomes("file") == ["text", ""])
    }

    @Test func `A rename is undone or whole without a sync of its folder, and kept with it`() throws {
        let disk = try Disk()
        for (name, text) in [("a", "one"), ("b", "two")] {
            disk.write(name, text)
            disk.sync(name)
        }
        disk.syncNames()
        rename(disk.path("a"), disk.path("b"))
        try disk.system.order("cut")
        var found: Set<[String?]> = []
        for seed in 0..<100 {
            try disk.system.order("settle \(seed)")
            found.insert([disk.read("a"), disk.read("b")])
        }
        #expect(found == [["one", "two"], [nil, "one"]])

        try disk.system.order("settle 0")
        rename(disk.path(disk.read("a") == nil ? "b" : "a"), disk.path("c"))
        disk.syncNames()
        #expect(try disk.outcomes("c") == ["one"])
    }

    @Test func `An unlink may be undone; with a sync of its folder it is not`() throws {
        let disk = try Disk()
        disk.write("file", "text")
        disk.sync("file")
        disk.syncNames()
        unlink(disk.path("file"))
        #expect(try disk.outcomes("file") == ["text", nil])
        try disk.system.order("settle 1")
        unlink(disk.path("file"))
        disk.syncNames()
        #expect(try disk.outcomes("file") == [nil])
    }

    @Test func `Writes are torn at sectors of 512 bytes and nowhere else`() throws {
        let disk = try Disk()
        let (old, new) = (String(repeating: "o", count: 2048), String(repeating: "n", count: 2048))
        disk.write("file", old)
        disk.sync("file")
        disk.syncNames()
        disk.write("file", new)
        let found = try disk.outcomes("file").compactMap { $0 }
        #expect(found.contains(old) && found.contains(new) && found.count > 4)
        for text in found {
            let bytes = Array(text.utf8)
            #expect(bytes.count == 2048)
            for sector in 0..<4 { #expect(Set(bytes[sector * 512..<(sector + 1) * 512]).count == 1) }
        }
    }

    @Test func `On ext4 names are lost from the newest on, by the strict reading in any order`() throws {
        func subsets(_ names: FaultFileSystem.Names) throws -> Set<String> {
            let disk = try Disk(names)
            for name in ["a", "b", "c"] { mkdir(disk.path(name), 0o700) }
            try disk.system.order("cut")
            var found: Set<String> = []
            for seed in 0..<300 {
                try disk.system.order("settle \(seed)")
                found.insert(["a", "b", "c"].filter { access(disk.path($0), F_OK) == 0 }.joined())
            }
            return found
        }
        #expect(try subsets(.ext4) == ["", "a", "ab", "abc"])
        #expect(try subsets(.strict) == ["", "a", "b", "c", "ab", "ac", "bc", "abc"])
    }

    @Test func `The same seed gives the same outcome`() throws {
        let disk = try Disk()
        disk.write("file", String(repeating: "o", count: 8192))
        disk.syncNames()
        try disk.system.order("cut")
        let outcomes = try (0..<20).map { round in
            try disk.system.order("settle \(round % 10)")
            return disk.read("file")
        }
        #expect(outcomes[..<10] == outcomes[10...] && Set(outcomes).count > 2)
    }

    @Test func `Hard links and symbolic links come through`() throws {
        let disk = try Disk()
        disk.write("file", "text")
        link(disk.path("file"), disk.path("link"))
        symlink("file", disk.path("symbolic"))
        disk.sync("file")
        disk.syncNames()
        try disk.losePower(seed: 3)
        #expect(disk.read("link") == "text" && disk.read("symbolic") == "text")
        disk.write("link", "both")
        #expect(disk.read("file") == "both")
    }

    @Test func `What is saved can be put back`() throws {
        let disk = try Disk()
        disk.write("file", "kept")
        try disk.system.order("save")
        disk.write("file", "gone")
        disk.write("other", "gone")
        try disk.system.order("restore")
        #expect(disk.read("file") == "kept" && disk.read("other") == nil)
        #expect(try disk.outcomes("file") == ["kept"])
    }
}
