/// Why there is no answer. An answer with an error status is not an error here.
public enum HTTPClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The request cannot be sent as it is: its URL, method or a header.
    case badRequest(String)
    /// No connection: a name that does not resolve, nobody listening, no such socket.
    case cannotConnect(String)
    /// The whole request took longer than the client allows. The server may have acted on it.
    case timedOut(milliseconds: Int)
    /// The answer is longer than the client takes.
    case responseTooLarge(bytesMax: Int)
    /// The connection broke, or the answer is not HTTP. The server may have acted on the request.
    case broken(String)

    /// Whether the same request may succeed later.
    public var isRetryable: Bool {
        switch self {
        case .cannotConnect, .timedOut, .broken: true
        case .badRequest, .responseTooLarge: false
        }
    }

    public var description: String {
        switch self {
        case .badRequest(let reason): "the request cannot be sent: \(reason)"
        case .cannotConnect(let reason): "cannot connect: \(reason)"
        case .timedOut(let milliseconds): "no answer within \(milliseconds) ms"
        case .responseTooLarge(let bytesMax): "the answer is longer than \(bytesMax) bytes"
        case .broken(let reason): "the connection broke: \(reason)"
        }
    }
}
