import EventLog
import Events
import Glibc
import Platform

/// A whole log, made by the log itself: what damage is done to.
final class LogSpecimen {
    typealias Files = [String: [UInt8]]

    static let newLine = "new\n"
    let logger = Logger(source: "fuzz", level: .error)
    /// All in the database.
    private(set) var closed: Files = [:]
    /// The second half is still in the WAL.
    private(set) var withWAL: Files = [:]
    private var lines: Set<Substring> = ["new"]

    init() {
        let folder = WorkingFolder()
        defer { folder.remove() }
        write(to: folder) {}
        closed = folder.files
        write(to: folder) { withWAL = folder.files }
        precondition(withWAL["log.sqlite-wal"]?.isEmpty == false, "no WAL")
    }

    func has(_ line: Substring) -> Bool { lines.contains(line) }

    private func write(to folder: WorkingFolder, _ whileOpen: () -> Void) {
        var options = SQLiteLogOptions(directory: folder.path) { reason in fatalError(reason) }
        (options.freeBytesMin, options.upkeepMilliseconds) = (0, 3_600_000)
        do {
            let writer = try SQLiteLogWriter(options, metrics: MetricsRegistry(), logger: logger)
            for _ in 0..<12 { try append(to: writer) }
            whileOpen()
            writer.close()
        } catch { fatalError("no specimen: \(error)") }
    }

    /// A commit: a line of each topic, now and then one that needs pages of its own.
    private func append(to writer: SQLiteLogWriter) throws {
        let batch = EventLines()
        for topic in Topic.allCases {
            let number = lines.count
            let line = String(repeating: "\(topic.name) \(number).", count: number % 17 == 0 ? 800 : 1 + number % 5)
            lines.insert(Substring(line))
            batch.buffer(topic).append(line + "\n")
            batch.lineAdded(topic)
        }
        let answer = LogAnswer()
        try writer.append(batch, waiter: answer)
        precondition(answer.isDurable(), "no specimen")
    }
}

/// Changes to files, six bytes each: which file, where (three bytes), what, and a value for it.
enum LogChange {
    static func apply(_ input: UnsafeRawBufferPointer, to files: inout LogSpecimen.Files) {
        let names = files.keys.filter { !$0.hasSuffix("-shm") }.sorted()
        for start in stride(from: 0, to: input.count - 5, by: 6) {
            let name = names[Int(input[start]) % names.count]
            let place = Int(input[start + 1]) | Int(input[start + 2]) << 8 | Int(input[start + 3]) << 16
            change(&files[name]!, at: place, input[start + 4] % 6, input[start + 5])
        }
    }

    private static func change(_ bytes: inout [UInt8], at place: Int, _ what: UInt8, _ value: UInt8) {
        guard !bytes.isEmpty else { return }
        let place = place % bytes.count
        let end = min(place + 1 + Int(value), bytes.count)
        switch what {
        case 0: bytes[place] ^= 1 << (value & 7)
        case 1: bytes[place] = value
        case 2: for index in place..<end { bytes[index] = 0 }
        case 3: bytes.removeLast(bytes.count - place)
        case 4: bytes.removeSubrange(place..<end)
        default: bytes.insert(contentsOf: bytes[place..<end], at: place)
        }
    }
}

/// A folder in memory, to be filled again and again.
final class WorkingFolder {
    let path: String

    init() {
        var template = Array("/dev/shm/cinelog-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no folder in /dev/shm") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { remove() }

    func remove() {
        clear()
        rmdir(path)
    }

    private var names: [String] { (try? FileTree.names(in: path)) ?? [] }

    /// What is in it, without the lock.
    var files: LogSpecimen.Files {
        var files: LogSpecimen.Files = [:]
        for name in names where !name.hasSuffix(".lock") && !name.hasSuffix("-shm") { files[name] = bytes(name) }
        return files
    }

    private func bytes(_ name: String) -> [UInt8] {
        guard let file = fopen(path + "/" + name, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
        }
    }

    func fill(_ files: LogSpecimen.Files) {
        clear()
        for (name, bytes) in files {
            guard let file = fopen(path + "/" + name, "w") else { fatalError("cannot write \(path)/\(name)") }
            precondition(fwrite(bytes, 1, bytes.count, file) == bytes.count)
            fclose(file)
        }
    }

    func clear() {
        for name in names { unlink(path + "/" + name) }
    }
}
