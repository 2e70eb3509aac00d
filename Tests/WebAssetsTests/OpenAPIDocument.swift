import Events
import Testing
import WebAssets

/// openapi.json as it is handed out, parsed; references are followed.
struct OpenAPIDocument {
    let root: JSONValue
    // `root` points into them.
    private let parser: JSONParser
    private let text: ByteBuffer

    init() throws {
        parser = JSONParser(capacityMax: 1 << 20, depthMax: 64)
        text = ByteBuffer()
        root = try parser.parse(copying: WebAssets.openAPI.bytes, into: text)
    }

    /// The value at these names, each looked up behind whatever the one before refers to.
    func at(_ names: String...) throws -> JSONValue {
        var value = root
        for name in names { value = try #require(resolved(value)[name], "no \(name) in \(names)") }
        return resolved(value)
    }

    func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.string else { return value }
        var target = root
        for name in reference.split(separator: "/").dropFirst() {
            guard let next = target[String(name)] else { return value }
            target = next
        }
        return resolved(target)
    }

    /// The schema of the events that `kind`'s own endpoint takes.
    func event(_ kind: EventKind) throws -> JSONValue {
        try at("paths", kind.path + "/", "post", "requestBody", "content", "application/json", "schema")
    }

    /// A kind's field by name.
    func field(_ name: String, _ kind: EventKind) throws -> JSONValue {
        let properties = try #require(event(kind)["properties"])
        return resolved(try #require(properties[name], "\(kind.type) has no \(name)"))
    }

    /// Every `$ref` within `value`.
    func references(_ value: JSONValue) -> [String] {
        switch value.kind {
        case .array: return value.elements.flatMap(references)
        case .object:
            let own = value["$ref"]?.string.map { [$0] } ?? []
            return own + value.memberValues.flatMap(references)
        default: return []
        }
    }
}

extension JSONValue {
    var memberNames: [String] {
        var names: [String] = []
        var members = self.members
        while let (key, _) = members.next() { names.append(String(decoding: key, as: UTF8.self)) }
        return names
    }

    var memberValues: [JSONValue] {
        var values: [JSONValue] = []
        var members = self.members
        while let (_, value) = members.next() { values.append(value) }
        return values
    }

    /// `"type": "string"` or `"type": ["string", "null"]`.
    func hasType(_ name: String) -> Bool {
        guard let type = self["type"] else { return false }
        return type.string == name || (type.kind == .array && type.elements.contains { $0.string == name })
    }
}
