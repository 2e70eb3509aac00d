import Foundation
import Testing

/// A request that two readers could understand differently: a line of framing-corpus.tsv, which says how.
struct FramingCase: Sendable, CustomTestStringConvertible {
    enum End: Equatable, Sendable {
        /// Answered so, then closed.
        case status(Int)
        /// Refused by libmicrohttpd itself before anybody is asked, which sends the head of its answer twice.
        case doubled(Int)
        /// Closed without an answer: libmicrohttpd's way with first lines that are none.
        case silent

        init?(_ text: Substring) {
            let words = text.split(separator: " ")
            switch (words.first.flatMap { Int($0) }, words.count) {
            case (let status?, 1): self = .status(status)
            case (let status?, 2) where words[1] == "twice": self = .doubled(status)
            case (nil, 1) where text == "silent": self = .silent
            default: return nil
            }
        }
    }

    let name: String
    let end: End
    /// Whether the fields alone show the fault, so that the pure guard must find it too.
    let isPure: Bool
    let bytes: [UInt8]

    var testDescription: String { name }

    /// A line without sense stops the tests.
    private init(line: Substring) {
        let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard columns.count == 4, let end = End(columns[1]), ["fields", "all"].contains(columns[2]) else {
            fatalError("framing-corpus.tsv: \(line)")
        }
        name = String(columns[0])
        self.end = end
        isPure = columns[2] == "fields"
        bytes = FramingCase.unescaped(columns[3])
    }

    private static func unescaped(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard let byte = UInt8(digits, radix: 16) else { fatalError("framing-corpus.tsv: \(text)") }
                bytes.append(byte)
                rest = rest.dropFirst(2)
            default: fatalError("framing-corpus.tsv: \(text)")
            }
        }
        return bytes
    }

    static let all: [FramingCase] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "framing-corpus.tsv")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { fatalError("no \(file.path)") }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(FramingCase.init(line:))
    }()

    // MARK: Parts of the request

    private var headEnd: Int { bytes.firstRange(of: Array("\r\n\r\n".utf8))?.lowerBound ?? bytes.count }
    private var firstLineEnd: Int { bytes.firstRange(of: Array("\r\n".utf8))?.lowerBound ?? bytes.count }

    var isHTTP11: Bool { !bytes[..<firstLineEnd].ends(with: Array("HTTP/1.0".utf8)) }
    /// The header lines, without their ends.
    var fields: [[UInt8]] { Array(bytes[firstLineEnd..<headEnd]).split(by: Array("\r\n".utf8)) }
}

extension [UInt8] {
    /// The parts between `separator`s that hold something.
    func split(by separator: [UInt8]) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var rest = self[...]
        while let found = rest.firstRange(of: separator) {
            parts.append(Array(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        return (parts + [Array(rest)]).filter { !$0.isEmpty }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}
