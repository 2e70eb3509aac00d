import Events
import Glibc
import Platform
import Schemas

/// A JSON text, parsed for as long as `body` runs.
func withJSON<Result>(_ text: String, _ body: (JSONValue) throws -> Result) throws -> Result {
    let parser = JSONParser(capacityMax: 1 << 22, depthMax: 64)
    let input = ByteBuffer(text)
    input.reserve(JSONParser.padding)
    return try withExtendedLifetime((parser, input)) { try body(try parser.parse(input.bytes)) }
}

func faults(_ schema: String, _ value: String) throws -> [EventError] {
    let compiled = try withJSON(schema) { try CompiledSchema($0) }
    return try withJSON(value) { compiled.faults(of: $0, named: "information", scratch: ByteBuffer()) }
}

/// A folder of schemas of a test's own; removed with it.
final class SchemaFiles {
    let path: String
    let registry: SchemaRegistry

    init() throws {
        var name = Array("/tmp/cinelog-schemas-XXXXXX".utf8CString)
        path = name.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
        registry = SchemaRegistry(folder: path, logger: Logger(source: "test", level: .error))
    }

    deinit { try? FileTree.remove(path) }

    /// As an editor saves it: beside, then renamed.
    func put(_ text: String, _ file: String) throws {
        try Folder.make(Folder.above(path + "/" + file))
        try SmallFile.write(text, to: path + "/" + file)
        registry.refresh()
    }

    func remove(_ file: String) throws {
        try FileTree.remove(path + "/" + file)
        registry.refresh()
    }

    func check(_ event: String, counts: Bool = true) throws -> SchemaRegistry.Outcome {
        try withJSON(event) {
            registry.check($0, as: .custom, at: Timestamp(unixMilliseconds: 0), counts: counts, scratch: ByteBuffer())
        }
    }

    /// Whether the event would be refused.
    func refuses(_ event: String) throws -> Bool {
        if case .refused = try check(event) { true } else { false }
    }
}
