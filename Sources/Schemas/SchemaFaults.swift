import Events

/// Gathers the library's faults, in words for the sender of an event.
struct SchemaFaults {
    let field: String
    private var own: [EventError] = []
    /// Faults that only say that something within did not fit.
    private var outer: [EventError] = []

    init(field: String) { self.field = field }

    var errors: [EventError] { own.isEmpty ? outer : own }

    mutating func add(_ steps: [String], _ what: String) {
        let path = ([field] + steps).joined(separator: ".")
        if let name = SchemaFaults.quoted(what, after: "Missing required property '") {
            note(path + "." + name, "is required", &own)
        } else if what.hasPrefix("Object contains a property"),
            let name = SchemaFaults.quoted(what, after: "constraints: '")
        {
            note(path + "." + name, "is not in the schema", &own)
        } else if let words = SchemaFaults.words[what] {
            note(path, words, &own)
        } else if what.hasPrefix("Failed to validate against schema associated")
            || what.hasPrefix("Failed to validate item #") || what.hasPrefix("Failed to validate against child")
        {
            note(path, "does not fit the schema", &outer)
        } else {
            note(path, what, &own)
        }
    }

    private func note(_ path: String, _ message: String, _ list: inout [EventError]) {
        let error = EventError(field: String(path.prefix(128)), message: String(message.prefix(256)))
        if !list.contains(error) { list.append(error) }
    }

    private static let words = [
        "Value type not permitted by 'type' constraint.": "is of a type that the schema does not take",
        "Failed to match against any enum values.": "is none of the values that the schema takes",
        "Failed to match expected value set by 'const' constraint.": "is not the value that the schema takes",
    ]

    private static func quoted(_ text: String, after start: String) -> String? {
        guard let range = text.firstRange(of: start) else { return nil }
        let rest = text[range.upperBound...]
        guard let end = rest.lastIndex(of: "'") else { return nil }
        return String(rest[..<end])
    }
}
