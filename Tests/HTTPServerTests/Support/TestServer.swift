import Events
import Glibc
import HTTPServer
import Platform

/// A real server on a free port, with routes for tests; stopped when the test is over.
final class TestServer: Sendable {
    let server: HTTPServer
    /// Requests that reached a handler: "METHOD path body".
    let handled = Condition<[String]>([])
    /// Exchanges that a handler left for the test to answer.
    let waiting = Condition<[HTTPExchange]>([])
    let answers = Answerers()

    static let wireBytesMax = 200_000
    static let decodedBytesMax = 300_000

    init(_ change: (inout HTTPServerOptions) -> Void = { _ in }, more: [HTTPRoute] = []) throws {
        var options = HTTPServerOptions(address: .tcp(host: "127.0.0.1", port: 0), threads: 2)
        options.fault = { TestServer.words($0) }
        change(&options)
        let (handled, waiting, answers) = (handled, waiting, answers)
        let limit = HTTPBodyLimit.limited(wire: TestServer.wireBytesMax, decoded: TestServer.decodedBytesMax)
        @Sendable func note(_ exchange: HTTPExchange) {
            handled.withLock { $0.append("\(exchange.method.rawValue) \(exchange.path) \(exchange.body.string)") }
            handled.broadcast()
        }
        let routes = [
            HTTPRoute(.get, "/") {
                note($0)
                $0.answer(HTTPResponse(.ok, contentType: "text/plain", body: .buffer(ByteBuffer("root"))))
            },
            HTTPRoute(.get, "/hello") {
                note($0)
                $0.answer(HTTPResponse(.ok, contentType: "text/plain", body: .buffer(ByteBuffer("hello"))))
            },
            HTTPRoute(.get, "/things/known") {
                note($0)
                $0.answer(HTTPResponse(.ok, contentType: "text/plain", body: .buffer(ByteBuffer("known"))))
            },
            HTTPRoute(.get, "/things/{thing}") {
                note($0)
                $0.answer(HTTPResponse(.ok, contentType: "text/plain", body: .buffer(ByteBuffer("any " + $0.path))))
            },
            HTTPRoute(.post, "/echo", body: limit) {
                note($0)
                $0.answer(TestServer.echo($0))
            },
            HTTPRoute(.post, "/refused", body: limit, admit: { _ in HTTPResponse(.forbidden) }) { note($0) },
            HTTPRoute(.post, "/later", body: limit) { exchange in
                note(exchange)
                answers.answer(exchange)
            },
            HTTPRoute(.post, "/never", body: limit) { exchange in
                note(exchange)
                waiting.withLock { $0.append(exchange) }
                waiting.broadcast()
            },
        ]
        server = try HTTPServer(
            options: options, routes: routes + more, logger: Logger(source: "test", level: .error))
    }

    deinit {
        server.stop()
        answers.close()
    }

    var port: Int { server.port }

    func client() throws -> SocketClient { try SocketClient(port: port) }

    var handledRequests: [String] { handled.withLock { $0 } }

    /// Waits until so many requests have reached a handler.
    func awaitHandled(_ count: Int) -> Bool {
        handled.wait(atMost: 20_000, until: { $0.count >= count }) { $0.count >= count }
    }

    /// Waits until so many exchanges wait for the test's answer, and takes them.
    func awaitWaiting(_ count: Int) -> [HTTPExchange] {
        waiting.wait(atMost: 20_000, until: { $0.count >= count }) { list in
            defer { list = [] }
            return list
        }
    }

    static func echo(_ exchange: HTTPExchange) -> HTTPResponse {
        let body = ByteBuffer(capacity: exchange.body.count)
        body.append(exchange.body.bytes)
        return HTTPResponse(.ok, contentType: "application/octet-stream", body: .buffer(body))
    }

    private static func words(_ fault: HTTPFault) -> HTTPResponse {
        var response = HTTPResponse(fault.status, contentType: "text/plain", body: .buffer(ByteBuffer(fault.message)))
        fault.complete(&response)
        return response
    }
}

/// Threads that answer what they are given, each after a moment of its own.
final class Answerers: Sendable {
    private struct State {
        var exchanges: [HTTPExchange] = []
        var closed = false
    }

    private let state = Condition(State())
    private let threads = Condition<[Thread]>([])

    func answer(_ exchange: HTTPExchange) {
        threads.withLock { if $0.isEmpty { $0 = start() } }
        state.withLock { $0.exchanges.append(exchange) }
        state.signal()
    }

    func close() {
        state.withLock { $0.closed = true }
        state.broadcast()
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private func start() -> [Thread] {
        (0..<4).map { number in
            let state = state
            return Thread("answers \(number)") {
                while let exchange = state.wait(
                    until: { !$0.exchanges.isEmpty || $0.closed }, then: { $0.exchanges.popLast() })
                {
                    usleep(UInt32.random(in: 0...3_000))
                    exchange.answer(TestServer.echo(exchange))
                }
            }
        }
    }
}

/// Asks until it is so, or twenty seconds are over.
func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = Clock.monotonicMilliseconds() + 20_000
    while !condition() {
        guard Clock.monotonicMilliseconds() < deadline else { return false }
        usleep(1_000)
    }
    return true
}
