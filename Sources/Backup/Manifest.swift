import Compression
package import Events

/// What a backup holds: `manifest.ndjson`, written last. Lines of JSON:
///
///     {"cinelog_backup":1,"cinelog":"0.1.0","created_at":"2026-01-31T12:00:00.123Z","schema":1,"log":"…","positions":[…]}
///     {"path":"warehouse/store/…/data.bin","bytes":1234,"crc32":"89abcdef"}      one for each file below data/
///     {"files":1,"bytes":1234,"crc32":"…"}                                         the checksum is of all lines above
public struct Manifest: Sendable, Equatable {
    /// The newest format that this program writes and reads.
    package static let format = 1

    public struct Position: Sendable, Equatable {
        public let topic: String
        public let partition: Int32
        /// The first position that is not in the tables.
        public let next: Int64

        package init(topic: String, partition: Int32, next: Int64) {
            self.topic = topic
            self.partition = partition
            self.next = next
        }
    }

    public struct File: Sendable, Equatable {
        /// Below `data/`, and below the DATA_DIR that it is restored into.
        package let path: String
        package let bytes: Int64
        package let crc32: String

        package init(path: String, bytes: Int64, crc32: String) {
            self.path = path
            self.bytes = bytes
            self.crc32 = crc32
        }
    }

    /// The program that made it.
    public var cinelog: String
    /// RFC 3339.
    public var createdAt: String
    /// The tables' schema.
    public var schema: Int
    /// The log's identity; nil where there was no log yet.
    public var log: String?
    public var positions: [Position]
    public var files: [File]

    package init(
        cinelog: String, createdAt: String, schema: Int, log: String?, positions: [Position], files: [File] = []
    ) {
        self.cinelog = cinelog
        self.createdAt = createdAt
        self.schema = schema
        self.log = log
        self.positions = positions
        self.files = files
    }

    public var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }

    package var text: ByteBuffer {
        let text = head
        for file in files {
            text.append("{\"path\":")
            text.appendJSON(string: file.path)
            text.append(",\"bytes\":\(file.bytes),\"crc32\":\"\(file.crc32)\"}\n")
        }
        var sum = CRC32()
        sum.add(text.bytes)
        text.append("{\"files\":\(files.count),\"bytes\":\(bytes),\"crc32\":\"\(sum.text)\"}\n")
        return text
    }

    private var head: ByteBuffer {
        let line = ByteBuffer("{\"cinelog_backup\":\(Manifest.format),\"cinelog\":")
        line.appendJSON(string: cinelog)
        line.append(",\"created_at\":")
        line.appendJSON(string: createdAt)
        line.append(",\"schema\":\(schema),\"log\":")
        if let log { line.appendJSON(string: log) } else { line.append("null") }
        line.append(",\"positions\":[")
        for (index, position) in positions.enumerated() {
            line.append(index == 0 ? "{\"topic\":" : ",{\"topic\":")
            line.appendJSON(string: position.topic)
            line.append(",\"partition\":\(position.partition),\"next\":\(position.next)}")
        }
        line.append("]}\n")
        return line
    }
}
