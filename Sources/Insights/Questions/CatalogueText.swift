package import Events

/// The catalogue as JSON: what dashboards and documents are made from.
package enum CatalogueText {
    package static var json: ByteBuffer {
        let out = ByteBuffer(capacity: 16_384)
        list(Question.all, out, opening: "{\"questions\":[") { question in
            out.append("{\"name\":\"\(question.name)\",\"path\":\"\(question.path)\",\"title\":")
            words(question.title, out)
            out.append(",\"computed\":")
            words(question.computed, out)
            list(question.parameters + [.format], out, opening: ",\"parameters\":[") { write($0, out) }
            out.append(",\"columns\":")
            columns(question.columns, out)
            out.append("}")
        }
        out.append("}")
        return out
    }

    static func columns(_ columns: [AnswerColumn], _ out: ByteBuffer) {
        list(columns, out, opening: "[") { column in
            out.append("{\"name\":\"\(column.name)\",\"type\":\"\(column.kind.rawValue)\",")
            members(column.words, out)
            out.append("}")
        }
    }

    static func words(_ words: Words, _ out: ByteBuffer) {
        out.append("{")
        members(words, out)
        out.append("}")
    }

    private static func write(_ parameter: Parameter, _ out: ByteBuffer) {
        out.append(
            "{\"name\":\"\(parameter.name)\",\"type\":\"\(parameter.typeName)\",\"required\":\(parameter.isRequired)")
        if case .choice(let choices) = parameter.kind {
            list(choices, out, opening: ",\"choices\":[") { out.appendJSON(string: $0) }
        }
        if let standard = parameter.standard {
            out.append(",\"default\":")
            out.appendJSON(string: standard)
        }
        out.append(",")
        members(parameter.words, out)
        out.append("}")
    }

    private static func members(_ words: Words, _ out: ByteBuffer) {
        out.append("\"en\":")
        out.appendJSON(string: words.en)
        out.append(",\"ru\":")
        out.appendJSON(string: words.ru)
    }

    private static func list<Item>(_ items: [Item], _ out: ByteBuffer, opening: String, _ write: (Item) -> Void) {
        out.append(opening)
        for (place, item) in items.enumerated() {
            if place > 0 { out.append(",") }
            write(item)
        }
        out.append("]")
    }
}
