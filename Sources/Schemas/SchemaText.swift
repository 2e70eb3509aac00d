import CValijson
import Events

/// Readies a schema's text for the library: what it would ignore in silence is refused, what it would do without a bound is
/// refused or done otherwise.
///
/// - `pattern` gets another keyword's name, under which it is matched in linear time; `patternProperties` is refused.
/// - References may lead within the file, and in no circle: no check goes round for ever.
/// - `format` is a note, as the standard has it by default.
struct SchemaText {
    private let root: JSONValue
    /// Schemas on the way from the root to here, by their places.
    private var open: [Int] = []
    private var schemaCount = 0
    let out = ByteBuffer()
    /// Schemas, counted again each time a reference leads to them.
    private static let schemasMax = 5_000

    private static let notes: Set<String> = [
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "format", "readOnly", "writeOnly",
        "deprecated", "contentMediaType", "contentEncoding",
    ]
    private static let lists: Set<String> = ["allOf", "anyOf", "oneOf"]
    private static let maps: Set<String> = ["properties", "definitions", "$defs", "dependencies"]
    private static let schemas: Set<String> = [
        "additionalProperties", "additionalItems", "not", "if", "then", "else", "contains", "propertyNames",
    ]
    private static let plain: Set<String> = [
        "type", "enum", "const", "required", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
    ]

    init(_ root: JSONValue) throws(SchemaError) {
        self.root = root
        if let name = root.firstDuplicateKey() { throw SchemaError("\"\(name)\" stands twice in one object") }
        try schema(root, writes: true)
    }

    private mutating func schema(_ value: JSONValue, writes: Bool) throws(SchemaError) {
        schemaCount += 1
        guard schemaCount <= SchemaText.schemasMax else { throw SchemaError("has too many schemas within it") }
        if value.bool != nil { return copy(value, writes) }
        guard value.kind == .object else { throw SchemaError("a schema must be an object, true or false") }
        guard !open.contains(value.index) else { throw SchemaError("$ref leads in a circle") }
        open.append(value.index)
        if let target = value["$ref"] {
            try reference(value, target, writes)
        } else {
            try object(value, writes)
        }
        open.removeLast()
    }

    private mutating func object(_ value: JSONValue, _ writes: Bool) throws(SchemaError) {
        try members(value, writes) { (self, key, member, writes) throws(SchemaError) in
            switch key {
            case _ where SchemaText.schemas.contains(key): try self.schema(member, writes: writes)
            case _ where SchemaText.lists.contains(key): try self.list(member, writes)
            case _ where SchemaText.maps.contains(key): try self.map(member, writes)
            case "items" where member.kind == .array: try self.list(member, writes)
            case "items": try self.schema(member, writes: writes)
            default: self.copy(member, writes)
            }
        }
    }

    /// Beside a reference nothing counts in draft 7; in later drafts it does. So nothing may stand there.
    private mutating func reference(_ value: JSONValue, _ reference: JSONValue, _ writes: Bool) throws(SchemaError) {
        guard let text = reference.string, let target = target(of: text) else {
            throw SchemaError("$ref may only lead to a place in the same file: \"#/definitions/…\"")
        }
        try schema(target, writes: false)
        try members(value, writes) { (self, key, member, writes) throws(SchemaError) in
            switch key {
            case "$ref": self.copy(member, writes)
            case "definitions", "$defs": try self.map(member, writes)
            default: throw SchemaError("\"\(key)\" beside $ref: put the two into allOf")
            }
        }
    }

    private mutating func members(
        _ value: JSONValue, _ writes: Bool,
        _ body: (inout SchemaText, String, JSONValue, Bool) throws(SchemaError) -> Void
    ) throws(SchemaError) {
        if writes { out.append("{") }
        var members = value.members
        var count = 0
        while let (bytes, member) = members.next() {
            let key = String(decoding: bytes, as: UTF8.self)
            if SchemaText.notes.contains(key) || key.hasPrefix("x-") { continue }
            try allow(key)
            if writes {
                if count > 0 { out.append(",") }
                out.appendJSON(string: key == "pattern" ? CINELOG_SCHEMA_PATTERN : key)
                out.append(":")
            }
            count += 1
            try body(&self, key, member, writes)
        }
        if writes { out.append("}") }
    }

    private func allow(_ key: String) throws(SchemaError) {
        let isKnown =
            SchemaText.plain.contains(key) || SchemaText.schemas.contains(key) || SchemaText.lists.contains(key)
            || SchemaText.maps.contains(key) || ["$ref", "items", "pattern"].contains(key)
        guard isKnown else { throw SchemaError("the keyword \"\(key)\" is not one that events are checked by") }
    }

    private mutating func list(_ value: JSONValue, _ writes: Bool) throws(SchemaError) {
        guard value.kind == .array else { throw SchemaError("a list of schemas must be an array") }
        if writes { out.append("[") }
        for (number, element) in value.elements.enumerated() {
            if writes, number > 0 { out.append(",") }
            try schema(element, writes: writes)
        }
        if writes { out.append("]") }
    }

    /// Schemas by name; `dependencies` may hold lists of names as well.
    private mutating func map(_ value: JSONValue, _ writes: Bool) throws(SchemaError) {
        guard value.kind == .object else { throw SchemaError("schemas by name must be an object") }
        if writes { out.append("{") }
        var members = value.members
        var count = 0
        while let (key, member) = members.next() {
            if writes {
                if count > 0 { out.append(",") }
                out.appendJSON(string: key)
                out.append(":")
            }
            count += 1
            if member.kind == .array { copy(member, writes) } else { try schema(member, writes: writes) }
        }
        if writes { out.append("}") }
    }

    private func copy(_ value: JSONValue, _ writes: Bool) {
        if writes { out.appendJSON(value) }
    }

    /// RFC 6901, without percent-encoding.
    private func target(of reference: String) -> JSONValue? {
        if reference == "#" { return root }
        guard reference.hasPrefix("#/"), !reference.contains("%") else { return nil }
        var value = root
        for step in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            guard let next = member(unescaped(step), of: value) else { return nil }
            value = next
        }
        return value
    }

    private func unescaped(_ step: Substring) -> String {
        step.split(separator: "~1", omittingEmptySubsequences: false).map { part in
            part.split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
        }.joined(separator: "/")
    }

    private func member(_ step: String, of value: JSONValue) -> JSONValue? {
        guard value.kind == .array else { return value[step] }
        guard let number = Int(step), number >= 0 else { return nil }
        for (place, element) in value.elements.enumerated() where place == number { return element }
        return nil
    }
}
