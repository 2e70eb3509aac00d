import Events
import Platform
import Warehouse

/// Which events a question is about, and its other parameters.
struct Filter: Sendable {
    var values: ParameterValues
    let dialect: Dialect
    /// Unix milliseconds when the question was asked.
    let now: Int64
    /// The path's own part.
    let pathUUID: UUID?
    /// Where events may be stored more than once.
    var copies = Copies.anywhere

    var range: TimeRange { TimeRange(from: values.time("from"), to: values.time("to")) }

    /// For `LIMIT`: one more than is shown, so that it is known whether there are more.
    var rowsMax: Int { values.whole("limit") ?? 100 }

    /// The condition on rows of events, save that of time.
    func others(_ further: String...) -> String {
        var conditions = further
        if let film = values.uuid("film") { conditions.append("film_id = toUUID('\(film)')") }
        if let page = values.text("page") { conditions.append("url = '\(page.sqlEscaped)'") }
        if let platform = values.text("platform") { conditions.append("platform = '\(platform.sqlEscaped)'") }
        switch values.text("verdict") {
        case "good"?: conditions.append("verdict = ''")
        case "any"?, nil: break
        case let verdict?: conditions.append("verdict = '\(verdict.sqlEscaped)'")
        }
        return conditions.isEmpty ? "1" : conditions.joined(separator: " AND ")
    }

    /// The condition on rows of events.
    func events(_ further: String...) -> String { passing(further) }

    private func passing(_ further: [String]) -> String {
        let conditions = further + [others(), dialect.inside(range)]
        let said = conditions.filter { !$0.isEmpty && $0 != "1" }
        return said.isEmpty ? "1" : said.joined(separator: " AND ")
    }

    /// Events of a kind that pass, each once.
    ///
    /// - Parameter columns: names of columns; `viewer` is the number of the event's viewer, `spans` are a film's intervals in whole
    ///   seconds.
    func once(_ kind: EventKind, _ columns: String..., where further: String...) -> String {
        dialect.eachOnce(kind, columns, where: passing(further), copies: copies.slices(kind))
    }

    /// Rows of `seen` that pass, of a kind that is not film.
    func seen(_ kind: EventKind) -> String { dialect.seenRows(kind, in: range, where: others()) }

    /// Rows of `watched` that pass.
    func watched(_ further: String...) -> String {
        let condition = (further + [others()]).filter { $0 != "1" }.joined(separator: " AND ")
        return dialect.watchedRows(in: range, where: condition.isEmpty ? "1" : condition)
    }
}
