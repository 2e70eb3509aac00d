/// What the server itself finds wrong with a request, before any handler sees it.
public enum HTTPFault: Error, Equatable, Sendable {
    case ambiguousFraming(String)
    case notFound
    case methodNotAllowed(allow: [HTTPMethod])
    case lengthRequired
    case bodyTooLarge(limit: Int)
    case decodedTooLarge(limit: Int)
    case headTooLarge(limit: Int)
    case badEncoding(String)
    case unsupportedEncoding(String)
    case unexpectedBody
    case tooSlow
    case overloaded
    case shuttingDown

    public var status: HTTPStatus {
        switch self {
        case .ambiguousFraming, .badEncoding, .unexpectedBody: .badRequest
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .lengthRequired: .lengthRequired
        case .bodyTooLarge, .decodedTooLarge: .payloadTooLarge
        case .headTooLarge: .headerFieldsTooLarge
        case .unsupportedEncoding: .unsupportedMediaType
        case .tooSlow: .requestTimeout
        case .overloaded, .shuttingDown: .serviceUnavailable
        }
    }

    /// For the client to read.
    public var message: String {
        switch self {
        case .ambiguousFraming(let why): "the request's framing is ambiguous: \(why)"
        case .notFound: "there is nothing at this path: see /apidocs"
        case .methodNotAllowed(let allow): "this path takes \(allow.map(\.rawValue).joined(separator: ", "))"
        case .lengthRequired: "a Content-Length is required"
        case .bodyTooLarge(let limit): "the body may have at most \(limit) bytes"
        case .decodedTooLarge(let limit): "the body may have at most \(limit) bytes when decoded"
        case .headTooLarge(let limit): "the request's head may have at most \(limit) bytes"
        case .badEncoding(let why): "the body cannot be decoded: \(why)"
        case .unsupportedEncoding: "the Content-Encoding must be gzip or identity"
        case .unexpectedBody: "this path takes no body"
        case .tooSlow: "the request took too long to arrive"
        case .overloaded: "too many requests at once: send again later"
        case .shuttingDown: "the service is stopping: send again"
        }
    }

    /// After these nobody knows where a next request would begin, or there should be none.
    private var closesConnection: Bool {
        switch self {
        case .ambiguousFraming, .badEncoding, .unexpectedBody, .lengthRequired, .bodyTooLarge, .decodedTooLarge,
            .headTooLarge, .tooSlow, .shuttingDown:
            true
        case .notFound, .methodNotAllowed, .unsupportedEncoding, .overloaded: false
        }
    }

    /// Adds what belongs to this fault beside its status and message.
    public func complete(_ response: inout HTTPResponse) {
        response.closesConnection = closesConnection
        switch self {
        case .methodNotAllowed(let allow):
            response.headers.append(("Allow", allow.map(\.rawValue).joined(separator: ", ")))
        case .overloaded: response.headers.append(("Retry-After", "1"))
        case .shuttingDown: response.headers.append(("Retry-After", "5"))
        default: break
        }
    }
}
