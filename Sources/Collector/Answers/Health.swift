import Events
import HTTPServer

/// GET /healthz (the process lives) and /readyz (it can store durably).
enum Health {
    static var alive: HTTPResponse { HTTPResponse(.ok, json: ByteBuffer("{\"status\":\"ok\"}")) }

    static func ready(_ unavailableReason: String?) -> HTTPResponse {
        guard let reason = unavailableReason else {
            return HTTPResponse(.ok, json: ByteBuffer("{\"status\":\"ready\"}"))
        }
        let body = ByteBuffer("{\"status\":\"not ready\",\"reason\":")
        body.appendJSON(string: reason)
        body.append("}")
        return HTTPResponse(.serviceUnavailable, json: body)
    }
}
