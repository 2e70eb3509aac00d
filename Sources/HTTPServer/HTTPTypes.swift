public import Events

public enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case options = "OPTIONS"
    case patch = "PATCH"
    /// Any other; no route takes it.
    case other = ""
}

/// RFC 9110, section 15.
public struct HTTPStatus: Hashable, Sendable {
    public let code: Int

    public init(_ code: Int) { self.code = code }

    public static let ok = HTTPStatus(200)
    public static let created = HTTPStatus(201)
    public static let noContent = HTTPStatus(204)
    public static let multiStatus = HTTPStatus(207)
    public static let notModified = HTTPStatus(304)
    public static let badRequest = HTTPStatus(400)
    public static let unauthorized = HTTPStatus(401)
    public static let forbidden = HTTPStatus(403)
    public static let notFound = HTTPStatus(404)
    public static let methodNotAllowed = HTTPStatus(405)
    public static let requestTimeout = HTTPStatus(408)
    public static let lengthRequired = HTTPStatus(411)
    public static let payloadTooLarge = HTTPStatus(413)
    public static let unsupportedMediaType = HTTPStatus(415)
    public static let unprocessable = HTTPStatus(422)
    public static let tooManyRequests = HTTPStatus(429)
    public static let headerFieldsTooLarge = HTTPStatus(431)
    public static let internalServerError = HTTPStatus(500)
    public static let serviceUnavailable = HTTPStatus(503)

    /// The words behind the number, where this house writes a status line itself.
    var reason: String {
        switch code {
        case 408: "Request Timeout"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }
}

public enum HTTPBody: @unchecked Sendable {
    // `@unchecked Sendable`: nobody writes to a constant's memory.
    case empty
    case buffer(ByteBuffer)
    /// Memory that lives for ever, such as an embedded file.
    case constant(UnsafeRawBufferPointer)
    case stream(HTTPBodyStream)
}

public struct HTTPResponse: Sendable {
    public var status: HTTPStatus
    public var headers: [(name: String, value: String)]
    public var body: HTTPBody
    public var closesConnection = false

    public init(_ status: HTTPStatus, contentType: String? = nil, body: HTTPBody = .empty) {
        self.status = status
        self.headers = contentType.map { [("Content-Type", $0)] } ?? []
        self.body = body
    }

    public init(_ status: HTTPStatus, json: ByteBuffer) {
        self.init(status, contentType: "application/json", body: .buffer(json))
    }
}

/// How much of a body a route takes.
public enum HTTPBodyLimit: Sendable {
    /// A request with a body is refused.
    case none
    /// Bytes on the wire, and after gzip decoding.
    case limited(wire: Int, decoded: Int)
}

public struct HTTPRoute: Sendable {
    public let method: HTTPMethod
    public let path: String
    let body: HTTPBodyLimit
    let admit: (@Sendable (HTTPExchange) -> HTTPResponse?)?
    let handle: @Sendable (HTTPExchange) -> Void

    /// - Parameters:
    ///   - path: without a trailing slash; requests may have one. Its last part may be a name in braces
    ///     (`/films/{film_id}`): then any one part fits there.
    ///   - admit: asked when the head is there, before the body is read; an answer refuses the request.
    ///   - handle: called with the whole request, on a thread of the server's: it must not block. It answers, or has
    ///     somebody else answer later.
    public init(
        _ method: HTTPMethod, _ path: String, body: HTTPBodyLimit = .none,
        admit: (@Sendable (HTTPExchange) -> HTTPResponse?)? = nil, handle: @escaping @Sendable (HTTPExchange) -> Void
    ) {
        self.method = method
        self.path = path
        self.body = body
        self.admit = admit
        self.handle = handle
    }
}

public enum HTTPAddress: Hashable, Sendable {
    /// Port 0: the system picks one.
    case tcp(host: String, port: Int)
    case unix(path: String)
}

public struct HTTPServerError: Error {
    public let message: String
    init(_ message: String) { self.message = message }
}
