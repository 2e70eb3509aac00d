import Events
import Glibc
import Warehouse

/// Tells a person's lines from others'.
struct PersonMatcher {
    private let person: Person
    /// As canonical lines write it.
    private let written: [UInt8]

    init(_ person: Person) {
        self.person = person
        let text = ByteBuffer()
        text.appendJSON(string: person.text)
        written = Array(text.bytes.dropFirst().dropLast())
    }

    /// - Parameters:
    ///   - line: without its newline.
    ///   - isDamaged: the line is not what was written, and kept as it was found.
    func matches(_ line: UnsafeRawBufferPointer, _ topic: Topic, isDamaged: Bool, _ reader: LineFactsReader) -> Bool {
        if isDamaged || topic.kind == nil { return quotes(line) || isOf(reader.read(line, topic)) }
        guard let head = CanonicalLine.head(line) else { return isOf(reader.read(line, topic)) }
        switch person {
        case .user: return head.userID.elementsEqual(written)
        // Most lines do not hold the text at all.
        case .device: return contains(line) && isOf(reader.read(line, topic))
        }
    }

    private func isOf(_ facts: LineFacts) -> Bool {
        switch person {
        case .user(let id): facts.userID == id
        case .device(let id): facts.anonymousID == id
        }
    }

    private func contains(_ line: UnsafeRawBufferPointer) -> Bool {
        written.withUnsafeBytes { PersonMatcher.contains(line, $0) }
    }

    private static func contains(_ text: UnsafeRawBufferPointer, _ wanted: UnsafeRawBufferPointer) -> Bool {
        guard let start = text.baseAddress, let first = wanted.first else { return false }
        var at = 0
        while at + wanted.count <= text.count,
            let found = memchr(start + at, Int32(first), text.count - at - wanted.count + 1)
        {
            if memcmp(found, wanted.baseAddress!, wanted.count) == 0 { return true }
            at = UnsafeRawPointer(found) - start + 1
        }
        return false
    }

    /// What a refused request's line says of itself, or quotes: the request is a JSON string within it. A user's UUID is his
    /// wherever it stands; a device's identity, where it is the value of its member.
    private func quotes(_ line: UnsafeRawBufferPointer) -> Bool {
        let text = String(decoding: line, as: UTF8.self)
        switch person {
        case .user(let id): return text.lowercased().contains(id.description)
        case .device(let id):
            let value = ByteBuffer()
            value.appendJSON(string: id)
            let quoted = ByteBuffer()
            quoted.appendJSON(string: value.string)
            let within = String(quoted.string.dropFirst().dropLast())
            return PersonMatcher.hasMember(text, "\"anonymous_id\"", value.string)
                || PersonMatcher.hasMember(text, "\\\"anonymous_id\\\"", within)
        }
    }

    /// Whether `key`, a colon and `value` follow each other somewhere, with or without white space (as JSON, or as an escape
    /// of it) between them.
    private static func hasMember(_ text: String, _ key: String, _ value: String) -> Bool {
        var rest = text[...]
        while let found = rest.firstRange(of: key) {
            rest = rest[found.upperBound...]
            var behind = trimmed(rest)
            guard behind.first == ":" else { continue }
            behind = trimmed(behind.dropFirst())
            if behind.hasPrefix(value) { return true }
        }
        return false
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while true {
            if let first = text.first, first == " " || first == "\t" {
                text = text.dropFirst()
            } else if text.hasPrefix("\\n") || text.hasPrefix("\\t") || text.hasPrefix("\\r") {
                text = text.dropFirst(2)
            } else {
                return text
            }
        }
    }
}
