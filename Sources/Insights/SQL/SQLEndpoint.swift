import Events
import HTTPServer
import Synchronization
import Warehouse

/// POST /v1/sql: a reader's SQL, answered as it comes, in any ClickHouse format: also the export.
struct SQLEndpoint: Sendable {
    let warehouse: any Warehouse
    let limits: QueryLimits
    let queries: QueryThreads

    static let bodyLimit = HTTPBodyLimit.limited(wire: 1 << 20, decoded: 1 << 20)

    /// The statement is the body, or `?query=`; `?format=` is the format where the statement has no FORMAT.
    func handle(_ exchange: HTTPExchange) {
        let sql = exchange.body.count > 0 ? exchange.body.string : exchange.query("query") ?? ""
        let format = exchange.query("format") ?? "TSVWithNames"
        guard sql.contains(where: { !$0.isWhitespace }) else {
            let error = WarehouseError.badQuery("the body must be an SQL statement, such as SELECT count() FROM clicks")
            exchange.answer(AdminError.warehouse(error).response)
            return
        }
        let taken = queries.run { answer(exchange, sql, format) }
        if !taken { exchange.answer(AdminError.busy.response) }
    }

    /// The status can be told as long as nothing has been sent; an error afterwards cuts the answer short.
    private func answer(_ exchange: HTTPExchange, _ sql: String, _ format: String) {
        let stream = SQLAnswer(exchange)
        do {
            try warehouse.readOnlyQuery(
                sql, defaultFormat: format, limits: limits, onFormat: stream.begin, stream.write)
            stream.finish()
        } catch {
            stream.fail(AdminError.warehouse(error).response)
        }
    }
}

/// One answer on its way, begun with its first bytes.
package final class SQLAnswer: Sendable {
    private let exchange: HTTPExchange
    private let stream = HTTPBodyStream()
    private let format = Mutex("")
    /// Whether the answer was begun, and then whether the exchange took it.
    private let begun = Mutex<Bool?>(nil)

    init(_ exchange: HTTPExchange) { self.exchange = exchange }

    func begin(_ format: String) { self.format.withLock { $0 = format } }

    /// False when the client has gone, or was told meanwhile that it took too long: nobody would read the stream.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool { startOnce() && stream.write(bytes) }

    func finish() {
        _ = startOnce()
        stream.finish()
    }

    func fail(_ response: HTTPResponse) {
        if begun.withLock({ $0 }) != nil { stream.abort() } else { exchange.answer(response) }
    }

    private func startOnce() -> Bool {
        begun.withLock { begun in
            if let begun { return begun }
            let type = SQLAnswer.contentType(format.withLock { $0 })
            let taken = exchange.answer(HTTPResponse(.ok, contentType: type, body: .stream(stream)))
            begun = taken
            return taken
        }
    }

    /// The media type of a ClickHouse format.
    package static func contentType(_ format: String) -> String {
        let format = format.lowercased()
        if format.hasPrefix("json") || format == "ndjson" {
            let isLines = format.contains("eachrow") && format != "jsonobjecteachrow"
            return isLines || format.hasSuffix("lines") || format == "ndjson"
                ? "application/x-ndjson" : "application/json"
        }
        if format.hasPrefix("csv") { return "text/csv; charset=utf-8" }
        if format.hasPrefix("tsv") || format.hasPrefix("tabseparated") {
            return "text/tab-separated-values; charset=utf-8"
        }
        if format.hasPrefix("pretty") || ["vertical", "markdown", "values"].contains(format) {
            return "text/plain; charset=utf-8"
        }
        return format == "parquet" ? "application/vnd.apache.parquet" : "application/octet-stream"
    }
}
