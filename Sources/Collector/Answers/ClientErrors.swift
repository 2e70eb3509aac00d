import EventLog
import Events
import HTTPServer

/// Everything a client can be told went wrong, with its status: the one place.
///
/// The body is always `{"errors":[{"field":"…","message":"…"}]}`; `field` is "" where no field is at fault.
enum ClientError: Error {
    case notJSON(EventError)
    case notAnObject
    case invalid([EventError])
    case tooManyEvents(max: Int)
    case noEvents
    case noToken
    case badToken(String)
    case originNotAllowed
    case keyNotAllowed
    case tooManyEventsOf(RateLimits.Scope, retryAfterSeconds: Int)
    case unsupportedMediaType(expected: String)
    case cannotStore(AppendError)
    case tooManyListeners(max: Int)
    case http(HTTPFault)

    var status: HTTPStatus {
        switch self {
        case .notJSON, .notAnObject: .badRequest
        case .invalid, .noEvents: .unprocessable
        case .tooManyEvents: .payloadTooLarge
        case .noToken, .badToken: .unauthorized
        case .originNotAllowed, .keyNotAllowed: .forbidden
        case .tooManyEventsOf: .tooManyRequests
        case .unsupportedMediaType: .unsupportedMediaType
        case .cannotStore, .tooManyListeners: .serviceUnavailable
        case .http(let fault): fault.status
        }
    }

    var errors: [EventError] {
        switch self {
        case .notJSON(let error): [error]
        case .invalid(let errors): errors
        default: [EventError(field: "", message: message)]
        }
    }

    /// What is wrong with the event itself, where that is why it is refused; nil where the request is (its sender, its size),
    /// or the service.
    var faultsOfEvent: [EventError]? {
        switch self {
        case .notJSON, .notAnObject, .invalid: errors
        default: nil
        }
    }

    private var message: String {
        switch self {
        case .notJSON, .invalid: ""
        case .notAnObject: "the body must be a JSON object"
        case .tooManyEvents(let max): "a batch may have at most \(max) events: send several"
        case .noEvents: "the batch has no events"
        case .noToken: "a token is required: cookie access_token_cookie, or Authorization: Bearer"
        case .badToken(let why): why
        case .originNotAllowed: "this origin may not send events (CORS_ORIGINS)"
        case .keyNotAllowed: "a valid write key is required: header X-Write-Key, or ?key="
        case .tooManyEventsOf(let scope, _): "too many events \(ClientError.words(scope)): send again later"
        case .unsupportedMediaType(let expected): "the Content-Type must be \(expected)"
        case .cannotStore(let error): ClientError.words(error)
        case .tooManyListeners(let max): "\(max) look on already, and no more can: close one"
        case .http(let fault): fault.message
        }
    }

    private static func words(_ error: AppendError) -> String {
        switch error {
        case .overloaded: "too many events are waiting to be stored: send again later"
        case .full: "the event log is full: send again later"
        case .unavailable: "events cannot be stored now: send again later"
        }
    }

    private static func words(_ scope: RateLimits.Scope) -> String {
        switch scope {
        case .address: "from this address"
        case .key: "with this write key"
        case .user: "from this user"
        }
    }

    /// Seconds after which sending again makes sense.
    var retryAfterSeconds: Int? {
        switch self {
        case .tooManyEventsOf(_, let seconds): seconds
        case .cannotStore(.overloaded): 1
        case .cannotStore, .tooManyListeners: 5
        default: nil
        }
    }

    var response: HTTPResponse {
        let body = ByteBuffer()
        ClientError.write(errors, into: body)
        var response = HTTPResponse(status, json: body)
        if let seconds = retryAfterSeconds { response.headers.append(("Retry-After", "\(seconds)")) }
        switch self {
        case .noToken: response.headers.append(("WWW-Authenticate", "Bearer"))
        case .badToken: response.headers.append(("WWW-Authenticate", "Bearer error=\"invalid_token\""))
        case .http(let fault): fault.complete(&response)
        default: break
        }
        return response
    }

    private static func write(_ errors: [EventError], into body: ByteBuffer) {
        body.append("{\"errors\":")
        body.appendJSON(errors)
        body.append("}")
    }
}

extension ByteBuffer {
    func appendJSON(_ errors: [EventError]) {
        append("[")
        for (number, error) in errors.enumerated() {
            if number > 0 { append(",") }
            appendJSON(error)
        }
        append("]")
    }

    /// `{"field":"…","message":"…"}`
    func appendJSON(_ error: EventError) {
        append("{\"field\":")
        appendJSON(string: error.field)
        append(",\"message\":")
        appendJSON(string: error.message)
        append("}")
    }
}
