import Events
import Glibc
import Testing

/// docs/events.md says of every field what `EventFields` declares.
@Suite struct EventsPageTests {
    @Test(arguments: EventKind.allCases)
    func `The page has a kind's fields with their limits`(kind: EventKind) throws {
        let rows = try rows(under: "### \(kind.type)")
        #expect(rows.count == EventFields.own(kind).count - (kind == .click ? 1 : 0), "x and y share a row")
        for field in EventFields.own(kind) { try check(field, rows) }
    }

    @Test func `The page has the fields of every kind`() throws {
        let rows = try rows(under: "### On every kind (all optional)")
        #expect(rows.count == EventFields.common.count)
        for field in EventFields.common where field.name != "type" { try check(field, rows) }
    }

    @Test func `The page has the bounds on fields of one's own`() throws {
        let page = try page()
        #expect(
            page.contains("at most \(EventLimits.extraFieldsMax) of them, \(grouped(EventLimits.extraBytesMax)) bytes"))
    }

    private func check(_ field: EventField, _ rows: [String]) throws {
        let row = try #require(rows.first { $0.hasNamed(field.name) }, "no row for \(field.name)")
        #expect(row.contains("**`\(field.name)`**") == field.required, "\(field.name): required fields are bold")
        switch field.type {
        case .text(let min, let max):
            #expect(row.contains(min == 0 ? "at most \(grouped(max))" : "\(min)–\(grouped(max))"), "\(field.name)")
        case .number(_, let max, _):
            #expect(row.contains(max == 1e9 ? "10⁹" : grouped(Int(max))), "\(field.name)")
        case .uuid: #expect(row.contains("UUID"), "\(field.name)")
        case .time: #expect(row.contains("a time"), "\(field.name)")
        case .timecode: #expect(row.contains(grouped(Timecode.secondsMax)), "\(field.name)")
        case .intervals(let max): #expect(row.contains("at most \(grouped(max)) intervals"), "\(field.name)")
        case .object(let bytesMax): #expect(row.contains("at most \(grouped(bytesMax)) bytes"), "\(field.name)")
        case .ignored: #expect(row.contains("ignored"), "\(field.name)")
        }
    }

    /// The rows of the first table under a heading, without its head.
    private func rows(under heading: String) throws -> [String] {
        let lines = try page().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let start = try #require(lines.firstIndex(of: heading), "no \(heading)")
        return Array(
            lines[start...].drop { !$0.hasPrefix("| ---") }.dropFirst().prefix { $0.hasPrefix("|") })
    }

    private func page() throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(root)/docs/events.md", "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    /// Whether the row's first cell names this field.
    fileprivate func hasNamed(_ field: String) -> Bool {
        split(separator: "|").first?.contains("`\(field)`") == true
    }
}
