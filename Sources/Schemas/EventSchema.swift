public import Events

/// What becomes of an event that does not fit.
public enum SchemaMode: String, Sendable, CaseIterable {
    /// Nothing is checked.
    case off
    /// It is taken; what does not fit is counted and shown.
    case warn
    /// It is refused: 422.
    case enforce
}

/// One version of what a custom event's `information` has to look like: the file `name/version.json`.
public struct EventSchema: Sendable {
    public let name: String
    public let version: Int
    /// `"x-cinelog": {"mode": …}` in the file; warn where it says nothing.
    public let mode: SchemaMode
    public let title: String
    public let about: String
    /// The file's examples, each a value of `information` as JSON text.
    public let examples: [String]
    /// What is wrong with the file's own examples.
    public let exampleFaults: [EventError]
    /// The file, written compactly.
    public let text: String
    public let compiled: CompiledSchema
    /// What came of its checks since the start of the program.
    public let counts: SchemaCounts

    static let bytesMax = 256 << 10
    private static let depthMax = 64

    /// - Parameter counts: of the same version before it was read again.
    init(_ text: String, name: String, version: Int, counts: SchemaCounts) throws(SchemaError) {
        guard text.utf8.count <= EventSchema.bytesMax else {
            throw SchemaError("is longer than \(EventSchema.bytesMax) bytes")
        }
        let parser = JSONParser(capacityMax: EventSchema.bytesMax, depthMax: EventSchema.depthMax)
        let input = ByteBuffer(text)
        input.reserve(JSONParser.padding)
        let root: JSONValue
        do {
            root = try parser.parse(input.bytes)
        } catch {
            throw SchemaError(error.eventError.message)
        }
        defer { withExtendedLifetime((parser, input)) {} }
        guard root.kind == .object else { throw SchemaError("must be a JSON object") }
        let scratch = ByteBuffer()
        scratch.appendJSON(root)
        self.text = scratch.string
        (self.name, self.version, self.counts) = (name, version, counts)
        mode = try EventSchema.mode(root)
        title = root["title"]?.string ?? ""
        about = root["description"]?.string ?? ""
        compiled = try CompiledSchema(root)
        (examples, exampleFaults) = EventSchema.examples(root, compiled)
    }

    private static func mode(_ root: JSONValue) throws(SchemaError) -> SchemaMode {
        guard let own = root["x-cinelog"] else { return .warn }
        guard let text = own["mode"] else { return .warn }
        guard let mode = text.string.flatMap(SchemaMode.init) else {
            throw SchemaError("x-cinelog.mode must be one of off, warn, enforce")
        }
        return mode
    }

    private static func examples(_ root: JSONValue, _ schema: CompiledSchema) -> ([String], [EventError]) {
        guard let list = root["examples"], list.kind == .array else { return ([], []) }
        var (texts, faults): ([String], [EventError]) = ([], [])
        let scratch = ByteBuffer()
        for (number, example) in list.elements.enumerated() {
            faults += schema.faults(of: example, named: "examples.\(number)", scratch: scratch)
            scratch.clear()
            scratch.appendJSON(example)
            texts.append(scratch.string)
        }
        return (texts, faults)
    }
}
