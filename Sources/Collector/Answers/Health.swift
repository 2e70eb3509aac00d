import Events
import HTTPServer

/// GET /healthz (the process lives) and /readyz (it can store durably).
enum Health {
    static var alive: HTTPResponse { HTTPResponse(.ok, json: ByteBuffer("{\"status\":\"ok\"}")) }

    /// - Parameter schemaProblems: how many files of schemas cannot be used: told, as it stops no event.
    static func ready(_ unavailableReason: String?, schemaProblems: Int = 0) -> HTTPResponse {
        guard let reason = unavailableReason else {
            let details = schemaProblems > 0 ? ",\"schema_problems\":\(schemaProblems)" : ""
            return HTTPResponse(.ok, json: ByteBuffer("{\"status\":\"ready\"\(details)}"))
        }
        let body = ByteBuffer("{\"status\":\"not ready\",\"reason\":")
        body.appendJSON(string: reason)
        body.append("}")
        return HTTPResponse(.serviceUnavailable, json: body)
    }
}
