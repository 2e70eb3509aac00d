import CMicroHTTPD
import Compression
public import Events
import Glibc
import Platform
import Synchronization

/// One request and its answer.
///
/// The request is read within `admit` and `handle`, on a thread of the server's. The answer is given there or later, from
/// any thread, once: `HTTPExchange` then has the server send it.
///
/// `@unchecked Sendable`: apart from `answer`, which is atomic, only the connection's thread touches it.
public final class HTTPExchange: @unchecked Sendable {
    enum Stage { case body, refused, handling, sent }

    /// The race between the answer and the connection's waiting: whoever comes second sees what the first one did.
    private enum Progress {
        static let open: UInt8 = 0
        /// Its loop asks again and again.
        static let awaited: UInt8 = 1
        /// It is asked again when somebody resumes it.
        static let suspended: UInt8 = 2
        static let answered: UInt8 = 3
        /// The exchange is over: there is nobody to be answered.
        static let left: UInt8 = 4
    }

    /// How long a loop asks for an answer before it suspends the connection; some commits of a usual disk.
    private static let awaitedMilliseconds: UInt64 = 20
    /// How many connections a loop asks: each turn of the loop asks all of them, which takes some 0.1 µs each.
    private static let awaitedMax = 1_024

    public let method: HTTPMethod
    /// Without a trailing slash.
    public internal(set) var path = ""
    /// The route's path as declared: a label with few values. "" for no route.
    public internal(set) var routePath = ""
    /// Monotonic nanoseconds of the request's first line.
    public let startedAt: UInt64
    /// The body, whole and decoded, in `handle`. `JSONParser.padding` bytes behind it may be read.
    public let body = ByteBuffer(capacity: 512)
    /// Whatever `admit` wants `handle` to know.
    public var context: (any AnyObject & Sendable)?

    let connection: OpaquePointer
    let owner: HTTPConnection
    let server: ServerCore
    var stage = Stage.body
    var route: RouteTable.Route?
    /// Decided at the head, told when the body is over.
    var refusal: HTTPResponse?
    /// Behind the head, in libmicrohttpd's memory.
    var headEnd: UnsafeRawPointer?
    var wireBytes = 0
    var countedBytes = 0
    var decoder: GzipDecoder?
    /// A fault found while the body came in: told when the body is over.
    var fault: HTTPFault?
    /// Whether the loop asks for the answer, and since when (of the loop's turns).
    private var isAwaited = false
    private var awaitedSince: UInt64 = 0
    /// Whether others may find the exchange in `owner.exchange`.
    private var isFound = false
    private let claimed = Atomic<Bool>(false)
    private let progress = Atomic<UInt8>(Progress.open)
    private var response: HTTPResponse?
    /// The answer's body, where it is one. Set before the exchange is to be found in `owner.exchange`.
    private var stream: HTTPBodyStream?

    init(_ server: ServerCore, _ connection: OpaquePointer, _ owner: HTTPConnection, _ line: RequestLine) {
        self.server = server
        self.connection = connection
        self.owner = owner
        method = HTTPMethod(line.method)
        startedAt = owner.begun.startedAt
    }

    // MARK: Reading the request

    /// Who sent the request, as far as `HTTPServerOptions.trustedProxies` lets it be known; nil on a Unix socket.
    public var clientAddress: NetworkAddress? { server.options.trustedProxies.client(connection) }

    /// The header's value as bytes; nil where there is none. Allocates nothing.
    public func withHeader<Result>(_ name: StaticString, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        name.withUTF8Buffer { key in
            key.withMemoryRebound(to: CChar.self) { body(lookup(.HEADER_KIND, $0)) }
        }
    }

    public func header(_ name: StaticString) -> String? {
        withHeader(name) { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// A cookie's value.
    public func cookie(_ name: String) -> String? { value(.COOKIE_KIND, name) }

    /// A query parameter's value, decoded; the first of that name.
    public func query(_ name: String) -> String? { value(.GET_ARGUMENT_KIND, name) }

    /// All query parameters, decoded, in their order.
    public var queryParameters: [(name: String, value: String)] {
        final class List { var items: [(name: String, value: String)] = [] }
        let list = List()
        MHD_get_connection_values_n(
            connection, .GET_ARGUMENT_KIND,
            { context, _, key, keyCount, value, valueCount in
                let list = Unmanaged<List>.fromOpaque(context!).takeUnretainedValue()
                list.items.append((text(key, keyCount), text(value, valueCount)))
                return .YES
            }, Unmanaged.passUnretained(list).toOpaque())
        return list.items
    }

    private func value(_ kind: MHD_ValueKind, _ name: String) -> String? {
        var name = name
        return name.withUTF8 { key in
            key.withMemoryRebound(to: CChar.self) { lookup(kind, $0) }.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private func lookup(_ kind: MHD_ValueKind, _ name: UnsafeBufferPointer<CChar>) -> UnsafeRawBufferPointer? {
        var value: UnsafePointer<CChar>?
        var count = 0
        let found = MHD_lookup_connection_value_n(connection, kind, name.baseAddress, name.count, &value, &count)
        guard found == .YES else { return nil }
        return UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : count)
    }

    // MARK: Answering

    /// Gives the answer. The first one wins; false for any other, whose stream then has no client. (Nor has the first one's where
    /// the client has left.)
    @discardableResult
    public func answer(_ response: HTTPResponse) -> Bool {
        // Counted from before the claim: whoever stops the server and finds it claimed waits for the rest.
        let isFirst = server.waking { claim(response) }
        if !isFirst, case .stream(let stream) = response.body { stream.clientLeft() }
        return isFirst
    }

    private func claim(_ response: HTTPResponse) -> Bool {
        guard !claimed.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        self.response = response
        switch progress.exchange(Progress.answered, ordering: .acquiringAndReleasing) {
        case Progress.awaited: owner.bell.ring()
        case Progress.suspended: owner.bell.resume(connection)
        case Progress.left: if case .stream(let stream) = response.body { stream.clientLeft() }
        default: break
        }
        return true
    }

    /// The answer, once it is there.
    var ready: HTTPResponse? { progress.load(ordering: .acquiring) == Progress.answered ? response : nil }

    // MARK: Waiting. The connection's thread only

    /// The handler has not answered yet: from here on the loop asks for the answer. (Suspending and resuming a connection costs
    /// as much as a whole request: docs/decisions/0013.)
    func awaitAnswer() {
        owner.enter(.waiting, deadline: Clock.monotonicMilliseconds() + UInt64(server.options.answerMilliseconds))
        found()
        // Whoever stops the server either finds the exchange, or is seen here.
        if server.isStopping { return awaitLastAnswer() }
        let (waits, _) = progress.compareExchange(
            expected: Progress.open, desired: Progress.awaited, ordering: .acquiringAndReleasing)
        guard waits else { return }
        isAwaited = true
        awaitedSince = owner.bell.turn.begunAt
        owner.bell.turn.awaited += 1
    }

    /// Asked in vain: suspends the connection where that has gone on for long, or where there are many.
    func askedInVain() {
        let turn = owner.bell.turn
        let isLong = turn.begunAt > awaitedSince + HTTPExchange.awaitedMilliseconds
        if isAwaited, isLong || turn.awaited > HTTPExchange.awaitedMax { suspend() }
    }

    /// Lets the connection sleep until `answer` wakes it.
    private func suspend() {
        // Whoever stops the server answers it.
        if server.isStopping { return }
        endAwaiting()
        MHD_suspend_connection(connection)
        let (slept, _) = progress.compareExchange(
            expected: Progress.awaited, desired: Progress.suspended, ordering: .acquiringAndReleasing)
        // Answered in the meantime: nobody else will wake it.
        if !slept { owner.bell.resume(connection) }
    }

    /// The answer has been taken, or nobody asks for it any more.
    func endAwaiting() {
        guard isAwaited else { return }
        isAwaited = false
        owner.bell.turn.awaited -= 1
    }

    private func found() {
        isFound = true
        owner.exchange.withLock { $0 = self }
    }

    private func awaitLastAnswer() {
        answer(server.options.fault(.shuttingDown))
        // Another thread's answer was first: it is being written down.
        while ready == nil { sched_yield() }
    }

    // MARK: Streams

    /// The answer's body is a stream, from here on to be cut off.
    func streams(_ stream: HTTPBodyStream) {
        self.stream = stream
        found()
        if server.isStopping { stream.abort() }
    }

    /// Whether the answer ends when its client has ended its side. Any thread that found the exchange in `owner.exchange`.
    var endsWithClient: Bool { stream?.endsWithClient ?? false }

    /// Cuts an answer that is being streamed, if there is one. Any thread that found the exchange in `owner.exchange`.
    func abortStream() { stream?.abort() }

    /// The exchange is over.
    func leave() {
        endAwaiting()
        if isFound { owner.exchange.withLock { $0 = nil } }
        stream?.clientLeft()
        let before = progress.exchange(Progress.left, ordering: .acquiringAndReleasing)
        // Given, and nobody has come to take it.
        guard before == Progress.answered, stream == nil, case .stream(let unsent)? = response?.body else { return }
        unsent.clientLeft()
    }
}

private func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count), as: UTF8.self)
}
