import Foundation
import Testing

/// A body of an event: a line of json-corpus.tsv, which says what the columns are.
struct JSONCase: Sendable, CustomTestStringConvertible {
    enum Outcome: String, Sendable {
        case accepted, malformed, unreadable, deep, invalid, large
        case noEvent = "not an event"
    }

    let name: String
    let kind: String
    let outcome: Outcome
    /// The field that is named alone, and the one in a batch.
    let fields: (alone: String, batch: String)
    let reason: String
    let text: [UInt8]

    var testDescription: String { name }
    var path: String { ["click": "/clicks/", "page": "/pages/", "custom": "/custom_events/"][kind]! }
    /// A batch of lines sees another line in it, or none.
    var isOneLine: Bool { !text.contains(0x0A) && !text.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }

    /// A line without sense stops the tests.
    private init(line: Substring) {
        let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard columns.count == 6, let outcome = Outcome(rawValue: String(columns[2])),
            ["click", "page", "custom"].contains(columns[1])
        else { fatalError("json-corpus.tsv: \(line)") }
        (name, kind) = (String(columns[0]), String(columns[1]))
        self.outcome = outcome
        let fields = columns[3].split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        self.fields = (fields[0], fields[fields.count - 1])
        reason = String(columns[4])
        var rest = Array(columns[5].utf8)[...]
        text = JSONCase.expanded(&rest)
    }

    /// To the end, or to `%]`.
    private static func expanded(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            switch rest.first {
            case UInt8(ascii: "]"):
                rest.removeFirst()
                return bytes
            case UInt8(ascii: "["):
                rest.removeFirst()
                bytes += repeated(&rest)
            default:
                guard let byte = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                    fatalError("json-corpus.tsv: % is not followed by two digits")
                }
                bytes.append(byte)
                rest = rest.dropFirst(2)
            }
        }
        return bytes
    }

    private static func repeated(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        guard let count = Int(String(decoding: digits, as: UTF8.self)), let sign = rest.popFirst() else {
            fatalError("json-corpus.tsv: a repetition without a number")
        }
        let unit = expanded(&rest)
        guard sign == UInt8(ascii: "#") else { return (0..<count).flatMap { _ in unit } }
        return Array((0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ",").utf8)
    }

    static let all: [JSONCase] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "json-corpus.tsv")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { fatalError("no \(file.path)") }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(JSONCase.init(line:))
    }()
}
