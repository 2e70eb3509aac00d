import Events
import Glibc
import Testing

/// docs/events.md is written by hand: what it says of fields is held against their declaration.
@Suite struct EventsDocumentTests {
    private let sections: [String: [Substring]]

    init() throws {
        let text = try EventsDocumentTests.document()
        var sections: [String: [Substring]] = [:]
        var title = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("## ") { title = String(line.dropFirst(3)) }
            sections[title, default: []].append(line)
        }
        self.sections = sections
    }

    @Test func `The fields of every kind are told with their limits`() throws {
        #expect(try told("Fields of every kind") == EventFields.common.map(row))
    }

    @Test(arguments: EventKind.allCases)
    func `A kind's own fields are told with their limits`(kind: EventKind) throws {
        #expect(try told(title(kind)).sorted() == EventFields.own(kind).map(row).sorted())
    }

    @Test(arguments: EventKind.allCases)
    func `A kind's endpoint, type and table are told`(kind: EventKind) throws {
        let lines = try #require(sections["Four kinds"])
        #expect(lines.contains { $0.hasSuffix("| `\(kind.type)` | `POST \(kind.path)/` | `\(kind.topic)` |") })
    }

    @Test(arguments: EventKind.allCases)
    func `A kind's examples are accepted`(kind: EventKind) throws {
        let examples = try examples(title(kind))
        #expect(!examples.isEmpty)
        for example in examples { try checkAccepted(example, kind) }
    }

    @Test func `Every verdict is told`() throws {
        let lines = try #require(sections["Verdict"])
        for verdict in Verdict.allCases where verdict != .good {
            #expect(lines.contains { $0.hasPrefix("| `\(verdict.rawValue)` |") }, "\(verdict)")
        }
    }

    // MARK: What the document says

    private func title(_ kind: EventKind) -> String { kind.type.prefix(1).uppercased() + kind.type.dropFirst() }

    /// A table's rows without their last column: field, form, whether it is required.
    private func told(_ section: String) throws -> [String] {
        try #require(sections[section], "no section \(section)").filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").prefix(3).map { $0.trimmingSpaces }.joined(separator: " | ")
        }
    }

    private func examples(_ section: String) throws -> [String] {
        var examples: [String] = []
        var within = false
        for line in try #require(sections[section], "no section \(section)") {
            if line == "```json" {
                examples.append("")
                within = true
            } else if line == "```" {
                within = false
            } else if within {
                examples[examples.count - 1] += line + "\n"
            }
        }
        return examples
    }

    private func checkAccepted(_ example: String, _ kind: EventKind) throws {
        let limits = EventLimits()
        let parser = JSONParser(capacityMax: limits.lineBytesMax, depthMax: limits.depthMax)
        let text = ByteBuffer(example)
        text.reserve(JSONParser.padding)
        let context = EventContext(receivedAt: Timestamp(unixMilliseconds: 1_767_182_400_000))
        // A value points into its parser and text.
        try withExtendedLifetime((parser, text)) {
            let outcome = EventReader(limits: limits).read(
                try parser.parse(text.bytes), as: kind, context, into: EventLines())
            guard case .accepted(_, kind) = outcome else {
                Issue.record("\(example): \(outcome)")
                return
            }
        }
    }

    // MARK: What is declared

    private func row(_ field: EventField) -> String {
        let presence = field.type == .ignored ? "ignored" : field.required ? "required" : "optional"
        return "`\(field.name)` | \(form(field.type)) | \(presence)"
    }

    private func form(_ type: FieldType) -> String {
        switch type {
        case .text(let min, let max): "text, \(min == 0 ? "up" : "\(min)") to \(grouped(max))"
        case .number(let min, let max, let above):
            "number, \(above ? "above " : "")\(grouped(Int(min))) to \(grouped(Int(max)))"
        case .uuid: "UUID"
        case .time: "time"
        case .timecode: "timecode"
        case .intervals(let max): "intervals, up to \(grouped(max))"
        case .object(let bytesMax): "object, up to \(grouped(bytesMax)) bytes"
        case .ignored: "anything"
        }
    }

    /// 2678400 as people write it: 2,678,400.
    private func grouped(_ number: Int) -> String {
        guard abs(number) >= 1000 else { return "\(number)" }
        let digits = "\(abs(number) % 1000)"
        return grouped(number / 1000) + "," + String(repeating: "0", count: 3 - digits.count) + digits
    }

    private static func document() throws -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let file = try #require(fopen(root.joined(separator: "/") + "/docs/events.md", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring { drop { $0 == " " }.dropLastSpaces }

    private var dropLastSpaces: Substring {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
