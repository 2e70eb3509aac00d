/// Limits and hooks of one server. Times in milliseconds, sizes in bytes.
public struct HTTPServerOptions: Sendable {
    public var address: HTTPAddress
    public var threads: Int
    public var connectionsMax = 10_000
    /// Of these, of one client (an address, an IPv6 /64): more are closed at once; nil: as many as there are.
    public var connectionsPerClientMax: Int?
    public var headerBytesMax = 16_384
    /// A whole request, from its first byte to its last, however it drips.
    public var requestMilliseconds = 10_000
    /// A connection kept open between requests.
    public var idleMilliseconds = 60_000
    /// From a whole request to its handler's answer; then `fault(.overloaded)`.
    public var answerMilliseconds = 10_000
    /// An answer that is read without progress for this long is cut off.
    public var sendMilliseconds = 60_000
    /// What the kernel keeps of an answer that its client does not read, for each connection; nil: as it likes, which may be some MiB.
    public var sendBufferBytes: Int?
    /// Bodies in memory, of all requests together; past it `fault(.overloaded)`.
    public var bodyBytesInFlightMax = 64 << 20
    /// Whose `X-Forwarded-For` is believed.
    public var trustedProxies = TrustedProxies()

    /// The owner's words for what the server finds wrong.
    public var fault: @Sendable (HTTPFault) -> HTTPResponse = { _ in HTTPResponse(.badRequest) }
    /// May add headers to any answer.
    public var decorate: (@Sendable (HTTPExchange, inout HTTPResponse) -> Void)?
    /// Answers OPTIONS on a known path; nil: 405 like other methods.
    public var preflight: (@Sendable (HTTPExchange) -> HTTPResponse)?
    /// Told of every answer, with the time since the request's first line.
    public var observe: (@Sendable (HTTPExchange, _ status: Int, _ nanoseconds: UInt64) -> Void)?

    public init(address: HTTPAddress, threads: Int) {
        self.address = address
        self.threads = threads
    }
}
