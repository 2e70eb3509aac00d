import Events

/// All schemas at one moment.
struct SchemaSet: Sendable {
    /// By name, their versions in order.
    var schemas: [String: [EventSchema]] = [:]
    /// Files that could not be read or used, by their path below the folder, and why.
    var problems: [String: String] = [:]

    var all: [EventSchema] { schemas.keys.sorted().flatMap { schemas[$0] ?? [] } }

    func find(_ name: String, _ version: Int) -> EventSchema? {
        schemas[name]?.first { $0.version == version }
    }

    /// The version that an event asks for by `schema_version`, the newest where it asks for none or for one there is not.
    func schema(for event: JSONValue) -> EventSchema? {
        guard let name = event["name"], name.kind == .string, let versions = schemas[name.string ?? ""] else {
            return nil
        }
        guard let asked = event["schema_version"], let version = SchemaSet.version(asked) else { return versions.last }
        return versions.first { $0.version == version } ?? versions.last
    }

    private static func version(_ value: JSONValue) -> Int? {
        value.int.map { Int($0) } ?? value.string.flatMap { Int($0) }
    }
}
