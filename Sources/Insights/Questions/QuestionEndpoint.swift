import Events
import HTTPServer
import Platform
import Warehouse

/// Serves the catalogue's questions, and the catalogue.
struct QuestionEndpoint: Sendable {
    let warehouse: any Warehouse
    let limits: QueryLimits
    let threads: QueryThreads

    func routes(_ access: AdminAccess) -> [HTTPRoute] {
        let catalogue = HTTPRoute(.get, "/v1/insights/questions", admit: access.admit) {
            $0.answer(HTTPResponse(.ok, json: CatalogueText.json))
        }
        return [catalogue]
            + Question.all.map { question in
                HTTPRoute(.get, question.path, admit: access.admit) { handle($0, question) }
            }
    }

    private func handle(_ exchange: HTTPExchange, _ question: Question) {
        do {
            let values = try ParameterValues(exchange.queryParameters, as: question.parameters + [.format])
            let filter = Filter(
                values: values, dialect: warehouse.dialect, now: Clock.unixMilliseconds(),
                pathUUID: try QuestionEndpoint.pathUUID(exchange.path, question))
            let taken = threads.run { exchange.answer(response(question, filter)) }
            if !taken { exchange.answer(AdminError.busy.response) }
        } catch {
            exchange.answer(AdminError(error).response)
        }
    }

    private static func pathUUID(_ path: String, _ question: Question) throws(ParameterError) -> UUID? {
        guard question.path.hasSuffix("}"), let last = path.split(separator: "/").last else { return nil }
        guard let uuid = UUID(String(last)) else {
            throw ParameterError("film_id", "must be a UUID")
        }
        return uuid
    }

    private static let triesMax = 3

    /// A copy may arrive where there was none between the writing of a statement and its reading; then the question is asked once
    /// more, at last so that it does not matter.
    private func response(_ question: Question, _ filter: Filter) -> HTTPResponse {
        var filter = filter
        for _ in 1..<QuestionEndpoint.triesMax {
            filter.copies = warehouse.copies
            let response = attempt(question, filter)
            if filter.copies.holds(until: warehouse.copies) { return response }
        }
        filter.copies = .anywhere
        return attempt(question, filter)
    }

    private func attempt(_ question: Question, _ filter: Filter) -> HTTPResponse {
        do {
            let start = Clock.monotonicNanoseconds()
            let asking = Asking(filter: filter, dialect: warehouse.dialect, ask: ask)
            let answer = try question.answer(asking)
            switch filter.values.text("format") {
            case "csv": return try download(answer, question, "CSVWithNames", "csv")
            case "parquet": return try download(answer, question, "Parquet", "parquet")
            default:
                let rows = try answer.rows.map { (sql) throws(WarehouseError) in try ask(sql, "JSONEachRow") }
                let milliseconds = Double((Clock.monotonicNanoseconds() - start) / 100_000) / 10
                return HTTPResponse(
                    .ok, json: AnswerText(question, answer, filter).json(rows: rows, milliseconds: milliseconds))
            }
        } catch {
            return AdminError(error).response
        }
    }

    private func ask(_ sql: String, _ format: String) throws(WarehouseError) -> String {
        let text = ByteBuffer()
        try warehouse.query(sql, format: format, limits: limits) { text.append($0) }
        return text.string
    }

    /// At most as many rows as the JSON has.
    private func download(_ answer: Answer, _ question: Question, _ format: String, _ ending: String)
        throws(WarehouseError)
        -> HTTPResponse
    {
        let body = ByteBuffer()
        let sql =
            answer.limit == Int.max
            ? answer.download : "SELECT * FROM\n(\n\(answer.download)\n)\nLIMIT \(answer.limit)"
        try warehouse.query(sql, format: format, limits: limits) { body.append($0) }
        var response = HTTPResponse(.ok, contentType: SQLAnswer.contentType(format), body: .buffer(body))
        response.headers.append(("Content-Disposition", "attachment; filename=\"\(question.name).\(ending)\""))
        return response
    }
}
