import Backup
import Compression
import Events
import Glibc
import Platform
import TestSupport
import Testing

/// Restoring files, whatever they are; with the engine it is tested in `EndToEnd`.
@Suite struct RestoreTests {
    private let place = Service.temporaryFolder()
    private var backup: String { place + "/backup" }
    private var data: String { place + "/deep/data" }

    private func withPlace(_ body: () throws -> Void) throws {
        defer { try? FileTree.remove(place) }
        try makeBackup()
        try body()
    }

    private static let files = ["log.sqlite": "log", "warehouse/store/a/data.bin": "parts", "warehouse/empty": ""]

    private func makeBackup(schema: Int = 1) throws {
        var manifest = Manifest(
            cinelog: "0.1.0", createdAt: "2026-11-24T12:00:00.000Z", schema: schema, log: nil, positions: [])
        for (path, text) in Self.files {
            try Folder.make(Folder.above("\(backup)/data/\(path)"))
            try SmallFile.write(text, to: "\(backup)/data/\(path)")
            var sum = CRC32()
            Array(text.utf8).withUnsafeBytes { sum.add($0) }
            manifest.files.append(.init(path: path, bytes: Int64(text.utf8.count), crc32: sum.text))
        }
        try SmallFile.write(manifest.text.string, to: backup + "/manifest.ndjson")
    }

    private func restore(check: @escaping RestoreRun.Check = { _ throws(BackupError) in }) throws(BackupError) {
        _ = try RestoreRun(backup, into: data, schemaNewest: 1, check: check, progress: { _ in }).run()
    }

    private func expectRestored() throws {
        #expect(try FileTree.files(below: data).map(\.path) == Self.files.keys.sorted())
        for (path, text) in Self.files { #expect(try SmallFile.read("\(data)/\(path)") == text) }
        #expect(!RestoredFolder(data).isHalfRestored)
    }

    @Test func `A backup comes back file for file, into a folder that is missing or empty`() throws {
        try withPlace {
            try restore()
            try expectRestored()
            try FileTree.remove(data)
            try Folder.make(data)
            try restore()
            try expectRestored()
            #expect(performing: { try restore() }, throws: { "\($0)".contains("is not empty") })
            try expectRestored()
        }
    }

    @Test func `Damage, a missing file and a foreign one are found, and nothing is made`() throws {
        try withPlace {
            let path = backup + "/data/warehouse/store/a/data.bin"
            for text in ["parta", "part", "parts+", ""] {
                try SmallFile.write(text, to: path)
                #expect(performing: { try restore() }, throws: { "\($0)".contains("data.bin is damaged") })
            }
            unlink(path)
            #expect(performing: { try restore() }, throws: { "\($0)".contains("data.bin is missing") })
            try SmallFile.write("parts", to: path)
            try SmallFile.write("", to: backup + "/data/foreign")
            #expect(performing: { try restore() }, throws: { "\($0)".contains("foreign is not in the manifest") })
            #expect(!Folder.exists(data))
            unlink(backup + "/data/foreign")
            try restore()
            try expectRestored()
        }
    }

    @Test func `Tables of a newer schema are refused by name of the program that made them`() throws {
        try withPlace {
            try makeBackup(schema: 2)
            #expect(
                performing: { try restore() },
                throws: { $0 as? BackupError == .refused("\($0)") && "\($0)".contains("schema 2") })
            #expect(!Folder.exists(data))
        }
    }

    @Test func `Where the tables do not open, nothing is left`() throws {
        try withPlace {
            #expect(throws: BackupError.failed("no")) {
                try restore { folder throws(BackupError) in
                    #expect((try? SmallFile.read(folder + "/log.sqlite")) == "log")
                    throw .failed("no")
                }
            }
            #expect(try FileTree.names(in: data) == [])
            try restore()
            try expectRestored()
        }
    }

    @Test func `What a killed restore left, at whatever moment, is marked, and cleared by the next one`() throws {
        try withPlace {
            for moved in 0...2 {
                try Folder.make(data + "/restoring/warehouse")
                try SmallFile.write("half", to: data + "/restoring/warehouse/part")
                for name in ["log.sqlite", "positions.sqlite"].prefix(moved) {
                    try SmallFile.write("moved", to: "\(data)/\(name)")
                }
                #expect(RestoredFolder(data).isHalfRestored)
                try restore()
                try expectRestored()
                try FileTree.remove(data)
            }
        }
    }
}
