import Events
import HTTPServer

/// A batch's answer, written while the batch is read:
/// `{"accepted":n,"rejected":n,"results":[{"event_id":…,"status":"accepted"} | {"index":i,"status":"rejected",…}]}`.
struct BatchResults: Sendable {
    private(set) var accepted = 0
    private(set) var rejected = 0
    private(set) var warnings: Warnings = [:]
    private let list = ByteBuffer()

    var count: Int { accepted + rejected }

    /// - Parameter warnings: what does not fit the schema of an event that was taken all the same.
    mutating func add(_ outcome: EventOutcome, warnings: [EventError] = []) {
        if count > 0 { list.append(",") }
        switch outcome {
        case .accepted(let id, _):
            accepted += 1
            list.append("{\"event_id\":\"")
            list.append(id)
            list.append("\",\"status\":\"accepted\"")
            if !warnings.isEmpty {
                write(warnings, "warnings")
                self.warnings[id] = warnings
            }
            list.append("}")
        case .rejected(let errors):
            list.append("{\"index\":")
            list.appendDecimal(Int64(count))
            list.append(",\"status\":\"rejected\"")
            rejected += 1
            list.append(",\"error\":")
            list.appendJSON(string: errors[0].message)
            list.append(",\"field\":")
            list.appendJSON(string: errors[0].field)
            write(errors, "errors")
            list.append("}")
        }
    }

    /// (A rejected event's `error` and `field` are its first fault.)
    private func write(_ errors: [EventError], _ name: StaticString) {
        list.append(",\"")
        list.append(name)
        list.append("\":")
        list.appendJSON(errors)
    }

    /// 201 when all were accepted, 207 when some were, 422 when none was.
    var response: HTTPResponse {
        let body = ByteBuffer(capacity: list.count + 64)
        body.append("{\"accepted\":")
        body.appendDecimal(Int64(accepted))
        body.append(",\"rejected\":")
        body.appendDecimal(Int64(rejected))
        body.append(",\"results\":[")
        body.append(list.bytes)
        body.append("]}")
        return HTTPResponse(rejected == 0 ? .created : accepted == 0 ? .unprocessable : .multiStatus, json: body)
    }
}
