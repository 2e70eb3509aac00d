import Events

/// An answer as JSON.
struct AnswerText {
    private let question: Question
    private let answer: Answer
    private let filter: Filter

    init(_ question: Question, _ answer: Answer, _ filter: Filter) {
        self.question = question
        self.answer = answer
        self.filter = filter
    }

    /// - Parameter rows: a JSON object a line; nil: the answer has none.
    func json(rows: String?, milliseconds: Double) -> ByteBuffer {
        let out = ByteBuffer(capacity: 4096)
        out.append("{\"question\":\"\(question.name)\",\"parameters\":")
        parameters(out)
        for (name, json) in answer.members { out.append(",\"\(name)\":\(json)") }
        if let rows {
            let lines = rows.split(separator: "\n")
            out.append(",\"columns\":")
            CatalogueText.columns(question.columns, out)
            out.append(",\"rows\":[" + lines.prefix(answer.limit).joined(separator: ",") + "]")
            out.append(",\"truncated\":\(lines.count > answer.limit)")
        }
        out.append(",\"computed\":")
        CatalogueText.words(question.computed, out)
        out.append(",\"milliseconds\":\(milliseconds),\"sql\":")
        out.appendJSON(string: answer.sql)
        more(out)
        out.append("}")
        return out
    }

    private func more(_ out: ByteBuffer) {
        guard !answer.more.isEmpty else { return }
        for (place, statement) in answer.more.enumerated() {
            out.append("\(place == 0 ? ",\"more_sql\":{" : ",")\"\(statement.part)\":")
            out.appendJSON(string: statement.sql)
        }
        out.append("}")
    }

    /// As they were understood.
    private func parameters(_ out: ByteBuffer) {
        out.append("{")
        var isFirst = true
        for parameter in question.parameters {
            guard let value = filter.values.values[parameter.name] else { continue }
            out.append("\(isFirst ? "" : ",")\"\(parameter.name)\":")
            isFirst = false
            write(value, out)
        }
        out.append("}")
    }

    private func write(_ value: ParameterValues.Value, _ out: ByteBuffer) {
        switch value {
        case .time(let time):
            out.append("\"")
            out.appendRFC3339(time)
            out.append("\"")
        case .uuid(let uuid): out.append("\"\(uuid)\"")
        case .uuids(let uuids): out.append("[" + uuids.map { "\"\($0)\"" }.joined(separator: ",") + "]")
        case .text(let text): out.appendJSON(string: text)
        case .whole(let number): out.append("\(number)")
        case .number(let number): out.appendJSON(number: number)
        case .steps(let steps):
            for (place, step) in steps.enumerated() {
                out.append(place == 0 ? "[" : ",")
                out.appendJSON(string: step.text)
            }
            out.append("]")
        }
    }
}
