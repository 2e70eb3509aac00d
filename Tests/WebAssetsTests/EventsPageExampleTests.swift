import Events
import Glibc
import Testing

/// The canonical line that docs/events.md shows is the one that the event above it becomes.
@Suite struct EventsPageExampleTests {
    /// The moment of arrival in the page's example, 2026-11-24 03:13:47.405.
    private static let receivedAt = Timestamp(unixMilliseconds: 1_795_490_027_405)

    @Test func `The example becomes the canonical line that the page shows`() throws {
        let blocks = try blocks(under: "## The canonical line")
        try #require(blocks.count == 2)
        // The page breaks its line to be read, and the identity is made anew each time.
        let shown = blocks[1].split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
        #expect(behindIdentity(try line(blocks[0])) == behindIdentity(shown))
    }

    private func line(_ event: String) throws -> String {
        let limits = EventLimits()
        let parser = JSONParser(capacityMax: limits.lineBytesMax, depthMax: limits.depthMax)
        let lines = EventLines()
        var event = event
        // A value points into its parser and its text.
        return try event.withUTF8 { bytes in
            let scratch = ByteBuffer()
            return try withExtendedLifetime((parser, scratch)) {
                let value = try parser.parse(copying: UnsafeRawBufferPointer(bytes), into: scratch)
                let context = EventContext(receivedAt: Self.receivedAt)
                guard case .accepted = EventReader(limits: limits).read(value, as: .film, context, into: lines) else {
                    throw Refused()
                }
                return lines.buffer(.film).string
            }
        }
    }

    private struct Refused: Error {}

    private func behindIdentity(_ line: String) -> String {
        line.split(separator: ",", maxSplits: 1).last.map { $0.split(separator: "\n").joined() } ?? ""
    }

    /// The fenced JSON under a heading, until the next heading of its level.
    private func blocks(under heading: String) throws -> [String] {
        let section = try #require(page().text(behind: heading + "\n"))
        let body = section.text(before: "\n## ")
        return body.pieces(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map {
            String($0.element.dropFirst("json\n".count))
        }
    }

    private func page() throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(root)/docs/events.md", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

extension String {
    fileprivate func pieces(separatedBy mark: String) -> [Substring] { self[...].split(separator: mark) }

    fileprivate func text(behind mark: String) -> String? {
        ranges(of: mark).first.map { String(self[$0.upperBound...]) }
    }

    fileprivate func text(before mark: String) -> String {
        ranges(of: mark).first.map { String(self[..<$0.lowerBound]) } ?? self
    }
}
