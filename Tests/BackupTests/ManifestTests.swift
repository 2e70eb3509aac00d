import Backup
import Events
import Glibc
import Platform
import TestSupport
import Testing

@Suite struct ManifestTests {
    private static let manifest = Manifest(
        cinelog: "0.1.0", createdAt: "2026-11-24T12:00:00.000Z", schema: 3, log: "a9d1b1f3-ac5e-4f89-8e50-cfc32cce31b0",
        positions: [
            .init(topic: "clicks", partition: 0, next: 17), .init(topic: "pages", partition: 2, next: 1 << 40),
        ],
        files: [
            .init(path: "log.sqlite", bytes: 65_536, crc32: "0000000f"),
            .init(path: "warehouse/store/a \"quoted\" ü/data.bin", bytes: 1 << 40, crc32: "ffffffff"),
        ])

    /// Reads what a folder's manifest says when it holds `bytes`.
    private func read(_ bytes: [UInt8]) throws -> Manifest {
        let folder = Service.temporaryFolder()
        defer { try? FileTree.remove(folder) }
        let file = try #require(fopen(folder + "/manifest.ndjson", "w"))
        _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        fclose(file)
        return try Manifest(of: folder)
    }

    private var bytes: [UInt8] {
        let text = Self.manifest.text
        return Array(text.bytes)
    }

    @Test func `A manifest comes back as it was`() throws {
        #expect(try read(bytes) == Self.manifest)
        var empty = Self.manifest
        empty.files = []
        empty.log = nil
        let text = empty.text
        #expect(try read(Array(text.bytes)) == empty)
    }

    @Test func `A changed letter anywhere is found, and so is every cut`() throws {
        let whole = bytes
        for place in whole.indices {
            var changed = whole
            changed[place] ^= 0x01
            #expect(throws: BackupError.self, "letter \(place)") { try read(changed) }
            #expect(throws: BackupError.self, "cut at \(place)") { try read(Array(whole[..<place])) }
        }
        #expect(throws: BackupError.self) { try read(whole + Array("{}\n".utf8)) }
    }

    @Test func `A folder without a manifest is refused as no backup, a newer format as one of a newer Cinelog`() throws
    {
        #expect(performing: { try Manifest(of: "/nowhere") }, throws: { "\($0)".contains("no whole backup") })
        let newer = String(decoding: bytes, as: UTF8.self).split(separator: "\n", maxSplits: 1)
        let head = newer[0].replacingOnce("\"cinelog_backup\":1", with: "\"cinelog_backup\":2")
        #expect(
            performing: { try read(Array("\(head)\n\(newer[1])".utf8)) },
            throws: { $0 as? BackupError == .refused("\($0)") && "\($0)".contains("format") })
    }

    @Test func `A path that leads out of the folder is refused`() throws {
        for path in ["../x", "/etc/x", "a/../../x", "a//b", "", "."] {
            var manifest = Self.manifest
            manifest.files[0] = .init(path: path, bytes: 1, crc32: "00000000")
            let text = manifest.text
            #expect(throws: BackupError.self, "\(path)") { try read(Array(text.bytes)) }
        }
    }
}

extension Substring {
    fileprivate func replacingOnce(_ text: String, with other: String) -> String {
        guard let found = firstRange(of: text) else { return String(self) }
        return self[..<found.lowerBound] + other + self[found.upperBound...]
    }
}
