import Events
import HTTPServer
import Warehouse

/// Everything a reader can be told went wrong: the one place.
enum AdminError: Error {
    case noToken
    case foreignPage
    case warehouse(WarehouseError)
    case operation(OperationError)
    case parameter(ParameterError)
    case busy
    case collectorAway
    case http(HTTPFault)

    /// What an operation or a question threw.
    init(_ error: any Error) {
        switch error {
        case let error as OperationError: self = .operation(error)
        case let error as WarehouseError: self = .warehouse(error)
        case let error as ParameterError: self = .parameter(error)
        default: self = .operation(.unavailable("\(error)"))
        }
    }

    var status: HTTPStatus {
        switch self {
        case .noToken: .unauthorized
        case .foreignPage: .forbidden
        case .warehouse(.badQuery), .warehouse(.refusedContent): .badRequest
        case .warehouse(.limit), .operation(.badParameter), .parameter: .unprocessable
        case .warehouse(.unavailable), .warehouse(.failed), .operation(.unavailable), .busy, .collectorAway:
            .serviceUnavailable
        case .http(let fault): fault.status
        }
    }

    var message: String {
        switch self {
        case .noToken: "the admin token is required: Authorization: Bearer …"
        case .foreignPage: "the admin address answers to 127.0.0.1 and localhost, and to its own pages"
        case .warehouse(.badQuery(let why)), .warehouse(.refusedContent(let why)), .warehouse(.limit(let why)),
            .warehouse(.unavailable(let why)), .warehouse(.failed(let why)):
            why
        case .operation(.badParameter(let why)), .operation(.unavailable(let why)): why
        case .parameter(let error): error.message
        case .busy: "too many queries at once: try again later"
        case .collectorAway: "the collector of this machine does not answer: try again later"
        case .http(let fault): fault.message
        }
    }

    /// Whether the same request may go well a moment later.
    private var retries: Bool {
        switch self {
        case .busy, .collectorAway, .warehouse(.unavailable), .warehouse(.failed), .operation(.unavailable): true
        default: false
        }
    }

    var response: HTTPResponse {
        let body = ByteBuffer("{\"errors\":[{\"field\":")
        if case .parameter(let error) = self { body.appendJSON(string: error.field) } else { body.append("\"\"") }
        body.append(",\"message\":")
        body.appendJSON(string: message)
        body.append("}]}")
        var response = HTTPResponse(status, json: body)
        if case .noToken = self { response.headers.append(("WWW-Authenticate", "Bearer")) }
        if retries { response.headers.append(("Retry-After", "1")) }
        if case .http(let fault) = self { fault.complete(&response) }
        return response
    }
}
