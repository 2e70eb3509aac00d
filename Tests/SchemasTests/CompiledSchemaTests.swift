import Events
import Platform
import Schemas
import Testing

@Suite struct CompiledSchemaTests {
    private static let schema = """
        {"type":"object","required":["to"],"additionalProperties":false,
         "properties":{"to":{"enum":["720p","1080p"]},"at":{"type":"number","minimum":0},
         "genres":{"type":"array","items":{"type":"string","maxLength":5}}}}
        """

    @Test func whatFitsHasNoFaults() throws {
        #expect(try faults(Self.schema, #"{"to":"720p","at":1.5,"genres":["drama"]}"#) == [])
    }

    @Test(arguments: [
        (#"{}"#, "information.to", "is required"),
        (#"{"to":"9p"}"#, "information.to", "is none of the values that the schema takes"),
        (#"{"to":"720p","at":"x"}"#, "information.at", "is of a type that the schema does not take"),
        (#"{"to":"720p","z":1}"#, "information.z", "is not in the schema"),
        (#"{"to":"720p","genres":["drama",7]}"#, "information.genres.1", "is of a type that the schema does not take"),
    ])
    func aFaultIsNamedByItsPath(_ value: String, _ field: String, _ message: String) throws {
        #expect(try faults(Self.schema, value).contains(EventError(field: field, message: message)))
    }

    @Test(arguments: [
        (#"{"$ref":"http://example.com/x.json"}"#, "same file"), (#"{"$ref":"file:///etc/passwd"}"#, "same file"),
        (##"{"$ref":"#"}"##, "circle"), (##"{"allOf":[{"$ref":"#"}]}"##, "circle"),
        (
            ##"{"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}},"$ref":"#/definitions/a"}"##,
            "circle"
        ),
        (#"{"patternProperties":{"(a+)+$":{}}}"#, "patternProperties"), (#"{"requierd":["a"]}"#, "requierd"),
        (#"{"pattern":"("}"#, "pattern"), (#"{"pattern":7}"#, "pattern"), (#"[]"#, "object"),
        (#"{"type":"object","type":"string"}"#, "twice"),
    ])
    func whatCannotBeCheckedSafelyIsRefused(_ schema: String, _ word: String) throws {
        let error = #expect(throws: SchemaError.self) { try withJSON(schema) { try CompiledSchema($0) } }
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }

    @Test func referencesThatMultiplyAreRefused() throws {
        let levels = (0..<30).map { level in
            let next = "{\"$ref\":\"#/definitions/a\(level + 1)\"}"
            return "\"a\(level)\":{\"allOf\":[\(next),\(next)]}"
        }
        let definitions = levels.joined(separator: ",") + ",\"a30\":{}"
        let schema = "{\"definitions\":{\(definitions)},\"allOf\":[{\"$ref\":\"#/definitions/a0\"}]}"
        #expect(throws: SchemaError.self) { try withJSON(schema) { try CompiledSchema($0) } }
    }

    /// Backtracking would take longer than the world has: of each character, whether it belongs to this round or to the next.
    @Test func aPatternIsMatchedInLinearTime() throws {
        let hostile = String(repeating: "a", count: 60_000) + "!"
        #expect(try faults(#"{"pattern":"^(a+)+$"}"#, "\"\(hostile)\"").count == 1)
        #expect(try faults(#"{"pattern":"^(a|aa)*!$"}"#, "\"\(hostile)\"") == [])
        #expect(try faults(#"{"format":"date-time"}"#, "\"\(String(repeating: "1", count: 60_000))\"") == [])
    }

    @Test func aPropertyMayBeCalledPattern() throws {
        let schema = #"{"properties":{"pattern":{"type":"string","pattern":"^a"}}}"#
        #expect(try faults(schema, #"{"pattern":"b"}"#).map(\.field) == ["information.pattern"])
        #expect(try faults(schema, #"{"pattern":"a"}"#) == [])
    }
}
