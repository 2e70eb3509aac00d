import EventLog
import Events
import Glibc
import Platform

/// The log as it is in life, in a folder of its own.
final class RealLog {
    let folder = temporaryFolder()
    let writer: SQLiteLogWriter
    let reader: SQLiteLogReader

    init(_ change: (inout SQLiteLogOptions) -> Void = { _ in }) throws {
        var options = SQLiteLogOptions(directory: folder) { _ in }
        change(&options)
        writer = try SQLiteLogWriter(
            options, metrics: MetricsRegistry(), logger: Logger(source: "test", level: .error))
        reader = try SQLiteLogReader(directory: folder)
    }

    deinit {
        reader.close()
        writer.close()
        for name in ["log.sqlite", "log.sqlite-wal", "log.sqlite-shm", "log.lock", "reader.sqlite"] {
            unlink(folder + "/" + name)
        }
        removeRest()
    }

    private func removeRest() {
        guard let directory = opendir(folder) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink(folder + "/" + name)
        }
        closedir(directory)
        rmdir(folder)
    }

    func text(_ kind: EventKind) throws -> String { try text(Topic(kind)) }

    func text(_ topic: Topic) throws -> String {
        let buffer = ByteBuffer()
        _ = try reader.read(
            TopicPartition(topic), from: 0, limit: ReadLimit(events: 1_000_000, bytes: 64 << 20), into: buffer)
        return buffer.string
    }

    /// Every byte of its files.
    func bytes() -> [UInt8] {
        ["log.sqlite", "log.sqlite-wal"].flatMap { name in
            var bytes: [UInt8] = []
            guard let file = fopen(folder + "/" + name, "r") else { return bytes }
            defer { fclose(file) }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let got = fread(&chunk, 1, chunk.count, file)
                bytes += chunk[..<got]
                if got < chunk.count { return bytes }
            }
        }
    }
}
