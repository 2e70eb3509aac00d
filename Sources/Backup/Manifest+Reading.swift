import Compression
import Events
import Glibc
import Platform

extension Manifest {
    /// Millions of files.
    private static let bytesMax = 1 << 30
    private static let lineBytesMax = 1 << 20

    /// Reads a backup's manifest, and makes sure that it is whole and of a format that this program knows.
    package init(of backup: String) throws(BackupError) {
        let text = try Manifest.text(BackupFolder(backup).manifest)
        guard let last = text.bytes.dropLast().lastIndex(of: 0x0A) else {
            throw Manifest.damaged(backup, "it is cut short")
        }
        let above = UnsafeRawBufferPointer(rebasing: text.bytes[...last])
        var lines = Lines(text)
        // What is read of a line belongs to their parser.
        defer { withExtendedLifetime((text, lines)) {} }
        self = try Manifest(head: try lines.next(backup), backup)
        while lines.at <= last {
            let line = try lines.next(backup)
            guard let path = line["path"]?.string, Manifest.isBelow(path), let bytes = line["bytes"]?.int,
                let crc32 = line["crc32"]?.string
            else { throw Manifest.damaged(backup, "a line of it says nothing of a file") }
            files.append(File(path: path, bytes: bytes, crc32: crc32))
        }
        var sum = CRC32()
        sum.add(above)
        let end = try lines.next(backup)
        guard end["crc32"]?.string == sum.text, end["files"]?.int == Int64(files.count), end["bytes"]?.int == bytes
        else {
            throw Manifest.damaged(backup, "its checksum is another")
        }
    }

    private init(head: JSONValue, _ backup: String) throws(BackupError) {
        guard let format = head["cinelog_backup"]?.int else {
            throw Manifest.damaged(backup, "it is none of Cinelog's")
        }
        guard let cinelog = head["cinelog"]?.string, let createdAt = head["created_at"]?.string,
            let schema = head["schema"]?.int, let positions = head["positions"], positions.kind == .array
        else { throw Manifest.damaged(backup, "its first line lacks something") }
        guard format <= Int64(Manifest.format) else {
            throw .refused(
                "\(backup) was made by Cinelog \(cinelog), in a format that this one does not know: use that one")
        }
        self.init(
            cinelog: cinelog, createdAt: createdAt, schema: Int(schema), log: head["log"]?.string,
            positions: positions.elements.compactMap(Position.init))
    }

    private static func damaged(_ backup: String, _ why: String) -> BackupError {
        .damaged("\(BackupFolder(backup).manifest) is damaged: \(why)")
    }

    /// Whether a path stays within the folder that it is put into.
    private static func isBelow(_ path: String) -> Bool {
        !path.isEmpty
            && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !["", ".", ".."].contains($0)
            }
    }

    private static func text(_ path: String) throws(BackupError) -> ByteBuffer {
        guard let file = fopen(path, "r") else {
            throw errno == ENOENT
                ? .refused("there is no \(path): this is no whole backup of Cinelog's")
                : BackupError(FileError("open", path))
        }
        defer { fclose(file) }
        let text = ByteBuffer(capacity: 1 << 16)
        while text.count < bytesMax {
            var count = 0
            text.appendUnsafe(1 << 16) { out in
                count = fread(out, 1, 1 << 16, file)
                return count
            }
            if count == 0 { break }
        }
        guard ferror(file) == 0 else { throw BackupError(FileError("read", path)) }
        return text
    }

    /// The text's lines as JSON, one after the other; each is valid until the next.
    private struct Lines {
        private let text: ByteBuffer
        private let parser = JSONParser(capacityMax: Manifest.lineBytesMax, depthMax: 8)
        private let scratch = ByteBuffer()
        /// Where the next line begins.
        private(set) var at = 0

        init(_ text: ByteBuffer) { self.text = text }

        mutating func next(_ backup: String) throws(BackupError) -> JSONValue {
            guard let end = text.bytes[at...].firstIndex(of: 0x0A) else { throw damaged(backup, "it is cut short") }
            let line = UnsafeRawBufferPointer(rebasing: text.bytes[at..<end])
            at = end + 1
            do {
                return try parser.parse(copying: line, into: scratch)
            } catch {
                throw damaged(backup, "a line of it is not JSON")
            }
        }
    }
}

extension Manifest.Position {
    fileprivate init?(_ value: JSONValue) {
        guard let topic = value["topic"]?.string, let partition = value["partition"]?.int, let next = value["next"]?.int
        else { return nil }
        self.init(topic: topic, partition: Int32(clamping: partition), next: next)
    }
}
