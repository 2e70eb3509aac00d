import Events
import Testing
import WebAssets

/// Fields are declared once, in `EventFields`: what the description says of them is held against that.
@Suite struct OpenAPIFieldTests {
    let document: OpenAPIDocument

    init() throws { document = try OpenAPIDocument() }

    @Test(arguments: EventKind.allCases)
    func `A kind has the declared fields and no others`(kind: EventKind) throws {
        let properties = try #require(document.event(kind)["properties"])
        #expect(properties.memberNames.sorted() == declared(kind).map(\.name).sorted())
    }

    @Test(arguments: EventKind.allCases)
    func `Required are the fields that are declared so`(kind: EventKind) throws {
        let required = try #require(document.event(kind)["required"]).elements.compactMap(\.string)
        #expect(required.sorted() == declared(kind).filter(\.required).map(\.name).sorted())
    }

    @Test(arguments: EventKind.allCases)
    func `Limits are the declared ones`(kind: EventKind) throws {
        for field in declared(kind) where field.name != "type" {
            try check(document.field(field.name, kind), field)
        }
    }

    @Test(arguments: EventKind.allCases)
    func `Null stands for an absent field where the field is optional`(kind: EventKind) throws {
        for field in declared(kind) where field.name != "type" && field.type != .ignored {
            let schema = try document.field(field.name, kind)
            let choices = schema["anyOf"]?.elements.map { $0 } ?? [schema]
            #expect(choices.contains { $0.hasType("null") } == !field.required, "\(field.name)")
        }
    }

    @Test(arguments: EventKind.allCases)
    func `The type may be left out at a kind's endpoint, and must be there in a batch`(kind: EventKind) throws {
        let choices = try #require(document.field("type", kind)["enum"]).elements.map { $0.string }
        #expect(choices == [kind.type, nil])

        let mapping = try document.at("components", "schemas", "BatchEvent", "discriminator", "mapping")
        let name = try #require(mapping[kind.type]?.string?.split(separator: "/").last)
        let parts = try document.at("components", "schemas", String(name), "allOf").elements.map { $0 }
        #expect(
            document.resolved(parts[0])["properties"]?.memberNames
                == (try document.event(kind)["properties"]?.memberNames))
        #expect(parts[1]["required"]?.elements.map(\.string) == ["type"])
        #expect(parts[1]["properties"]?["type"]?["const"]?.string == kind.type)
    }

    // MARK: One field

    private func declared(_ kind: EventKind) -> [EventField] { EventFields.common + EventFields.own(kind) }

    private func check(_ schema: JSONValue, _ field: EventField) throws {
        let name = Comment(rawValue: field.name)
        switch field.type {
        case .text(let min, let max):
            #expect(schema.hasType("string"), name)
            #expect(schema["maxLength"]?.int == Int64(max), name)
            #expect(schema["minLength"]?.int ?? 0 == Int64(min), name)
            #expect(schema["pattern"]?.string == "^[^\\u0000]*$", name)
        case .number(let min, let max, let above):
            #expect(schema.hasType("number"), name)
            #expect(schema[above ? "exclusiveMinimum" : "minimum"]?.double == min, name)
            #expect(schema[above ? "minimum" : "exclusiveMinimum"] == nil, name)
            #expect(schema["maximum"]?.double == max, name)
        case .uuid: #expect(schema.hasType("string") && schema["format"]?.string == "uuid", name)
        case .time: checkTime(schema, name)
        case .timecode:
            let seconds = try #require(schema["anyOf"]?.elements.first { $0.hasType("number") })
            #expect(seconds["minimum"]?.double == 0, name)
            #expect(seconds["maximum"]?.double == Double(Timecode.secondsMax), name)
        case .intervals(let max): try checkIntervals(schema, max, name)
        case .object(let bytesMax):
            #expect(schema.hasType("object"), name)
            // A schema cannot limit bytes: the words do.
            #expect(schema["description"]?.string?.contains(grouped(bytesMax)) == true, name)
        case .ignored: #expect(schema["type"] == nil && schema["enum"] == nil, name)
        }
    }

    private func checkTime(_ schema: JSONValue, _ name: Comment) {
        let numbers = schema["anyOf"]?.elements.filter { $0.hasType("number") } ?? []
        let earliest = Double(Timestamp.earliest.unixMilliseconds)
        let last = Double(Timestamp.latest.unixMilliseconds - 1)
        #expect(numbers.map { $0["minimum"]?.double } == [earliest / 1000, earliest], name)
        #expect(numbers.map { $0["maximum"]?.double } == [last / 1000, last], name)
    }

    private func checkIntervals(_ schema: JSONValue, _ max: Int, _ name: Comment) throws {
        #expect(schema.hasType("array") && schema["maxItems"]?.int == Int64(max), name)
        let interval = document.resolved(try #require(schema["items"]))
        #expect(interval["minItems"]?.int == 2 && interval["maxItems"]?.int == 2, name)
        #expect(interval["items"]?["minimum"]?.double == 0, name)
        #expect(interval["items"]?["maximum"]?.double == Double(Timecode.secondsMax), name)
    }
}

/// 32768 as people write it: 32,768.
func grouped(_ number: Int) -> String {
    let digits = "\(number % 1000)"
    guard number >= 1000 else { return digits }
    return grouped(number / 1000) + "," + String(repeating: "0", count: 3 - digits.count) + digits
}
