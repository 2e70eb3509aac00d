import Events
import TestSupport
import Testing

/// For events made at random: an accepted one has one line of valid JSON whose keys are columns and whose values are what was
/// sent; a rejected one leaves nothing behind and says why.
@Suite struct EventPropertyTests {
    @Test(arguments: 0..<8)
    func `Any event gives one good line, or reasons and nothing else`(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed) + 1)
        let fixture = Fixture()
        var accepted = 0
        for _ in 0..<2000 {
            let kind = EventKind.allCases.randomElement(using: &random)!
            let text = RandomEvent.make(kind, &random)
            switch try fixture.read(text, as: kind) {
            case .accepted(let id, let read):
                accepted += 1
                #expect(read == kind)
                try check(fixture.lines.buffer(kind).string, id, kind, text)
            case .rejected(let errors):
                #expect(!errors.isEmpty && errors.allSatisfy { !$0.message.isEmpty }, "seed \(seed): \(text)")
                #expect(fixture.lines.totalBytes == 0)
            }
        }
        #expect(accepted > 100)
    }

    private func check(_ line: String, _ id: UUID, _ kind: EventKind, _ text: String) throws {
        #expect(line.hasSuffix("}\n") && line.utf8.filter { $0 == 0x0A }.count == 1)
        // Two parsers, as each keeps one document at a time.
        let row = Fixture()
        let sent = Fixture()
        let value = try row.parse(line)
        let original = try sent.parse(text)
        #expect(value["event_id"]?.string == id.description)
        var members = value.members
        while let (key, member) = members.next() {
            let name = String(decoding: key, as: UTF8.self)
            #expect(EventPropertyTests.columns(kind).contains(name), "\(name) is no column")
            guard let field = EventFields.own(kind).first(where: { $0.name == name }), let was = original[name],
                field.type != .timecode, field.type != .uuid
            else { continue }
            #expect(written(member) == written(was), "\(name)")
        }
    }

    private func written(_ value: JSONValue) -> String {
        let buffer = ByteBuffer()
        buffer.appendJSON(value)
        return buffer.string
    }

    static func columns(_ kind: EventKind) -> Set<String> {
        let common = [
            "event_id", "user_id", "time", "received_at", "anonymous_id", "session_id", "platform", "app_version",
            "verdict", "extra",
        ]
        return Set(common + EventFields.own(kind).map(\.name) + (kind == .film ? ["position"] : []))
    }
}

/// Events as a careless or hostile client makes them: mostly right, here and there not.
enum RandomEvent {
    static func make(_ kind: EventKind, _ random: inout SplitMix64) -> String {
        var members: [String] = []
        for field in EventFields.common + EventFields.own(kind) {
            guard field.required || Bool.random(using: &random) else { continue }
            if field.name == "type" { continue }
            let right = Int.random(in: 0..<60, using: &random) > 0
            members.append("\"\(field.name)\":\(right ? good(field.type, &random) : any(&random))")
        }
        for n in 0..<Int.random(in: 0..<3, using: &random) { members.append("\"own\(n)\":\(any(&random))") }
        return "{" + members.shuffled(using: &random).joined(separator: ",") + "}"
    }

    private static func good(_ type: FieldType, _ random: inout SplitMix64) -> String {
        switch type {
        case .text(let min, let max):
            return string(Int.random(in: min...Swift.max(min, Swift.min(max, 40)), using: &random), &random)
        case .number(let min, let max, _):
            return "\(Double.random(in: (min + 0.001)...Swift.min(max, 1e6), using: &random))"
        case .uuid: return "\"\(UUID(high: random.next(), low: random.next()))\""
        case .time: return "\(1_769_860_800 - Int.random(in: 0..<400_000, using: &random))"
        case .timecode: return "\(Double.random(in: 0...65_535, using: &random))"
        case .intervals:
            let from = Double.random(in: 0..<60_000, using: &random)
            return "[[\(from),\(from + Double.random(in: 0.001...5000, using: &random))]]"
        case .object: return "{\"k\":\(any(&random))}"
        case .ignored: return any(&random)
        }
    }

    private static func string(_ length: Int, _ random: inout SplitMix64) -> String {
        let pieces = ["a", "Z", "0", " ", "é", "я", "€", "🎬", "\\\"", "\\\\", "\\n", "\\u0001", "\\ud83c\\udfac", "/"]
        return "\"" + (0..<length).map { _ in pieces.randomElement(using: &random)! }.joined() + "\""
    }

    private static func any(_ random: inout SplitMix64) -> String {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: "null"
        case 1: "true"
        case 2: "\(random.next())"
        case 3: "-\(random.next() >> 1)"
        case 4: "\(Double(bitPattern: random.next()).isFinite ? "1.5e-300" : "0")"
        case 5: "[\(any(&random))]"
        case 6: "{\"a\":\(any(&random)),\"b\":\(any(&random))}"
        case 7: "{\"a\":1,\"a\":2}"
        case 8: string(3, &random)
        default: string(0, &random)
        }
    }
}
