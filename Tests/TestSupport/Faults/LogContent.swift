import EventLog
public import Events

/// What the event log in a folder holds, read as the loading process reads it.
public struct LogContent {
    /// Of one topic: its lines from the first that is left.
    public struct Part {
        public let first: Int64
        public let lines: [String]
        public var end: Int64 { first + Int64(lines.count) }
    }

    public let parts: [EventKind: Part]

    /// Throws where the log cannot be read, or its positions do not grow by one.
    public init(folder: String) throws {
        let reader = try SQLiteLogReader(directory: folder)
        defer { reader.close() }
        var parts: [EventKind: Part] = [:]
        for kind in EventKind.allCases { parts[kind] = try LogContent.read(reader, kind) }
        self.parts = parts
    }

    private static func read(_ reader: SQLiteLogReader, _ kind: EventKind) throws -> Part {
        var first: Int64?
        var next: Int64 = 0
        var lines: [String] = []
        while true {
            let buffer = ByteBuffer()
            let limit = ReadLimit(events: 10_000, bytes: 8 << 20)
            let read = try reader.read(TopicPartition(kind), from: next, limit: limit, into: buffer)
            guard read.count > 0 else { return Part(first: first ?? next, lines: lines) }
            let texts = buffer.string.split(separator: "\n").map(String.init)
            guard texts.count == read.count, first == nil || read.first == next else {
                throw Service.Failure(description: "\(kind.topic): positions do not follow each other at \(next)")
            }
            first = first ?? read.first
            next = read.first + Int64(read.count)
            lines += texts
        }
    }

    /// The text of a member of each line, in order.
    public func values(_ member: String, _ kind: EventKind) -> [String] {
        (parts[kind]?.lines ?? []).map { line in
            guard let start = line.range(of: "\"\(member)\":\"") else { return "" }
            return String(line[start...].prefix { $0 != "\"" })
        }
    }
}

extension String {
    /// Behind the first occurrence of `text`.
    fileprivate func range(of text: String) -> String.Index? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(text) { return index(at, offsetBy: text.count) }
            at = index(after: at)
        }
        return nil
    }
}
