import Events
import Glibc
import HTTPClient
import HTTPServer
import Platform
import TestSupport
import Testing

/// What a collector would answer, written by the test as it goes.
private final class Source {
    let folder = Service.temporaryFolder()
    let targets = Condition<[String]>([])
    let streams = Condition<[HTTPBodyStream]>([])
    private let server: HTTPServer

    var socket: String { folder + "/c.sock" }

    init(refusing refusal: HTTPResponse? = nil) throws {
        let (targets, streams) = (targets, streams)
        let route = HTTPRoute(.get, "/tail") { exchange in
            let names = exchange.queryParameters.map { "\($0.name)=\($0.value)" }
            targets.withLock { $0.append(names.joined(separator: "&")) }
            if let refusal { return _ = exchange.answer(refusal) }
            let stream = HTTPBodyStream(bufferBytesMax: 1 << 20, endsWithClient: true)
            _ = Array(": open\n\n".utf8).withUnsafeBytes { stream.offer($0) }
            streams.withLock { $0.append(stream) }
            exchange.answer(HTTPResponse(.ok, contentType: "text/event-stream", body: .stream(stream)))
        }
        server = try HTTPServer(
            options: HTTPServerOptions(address: .unix(path: folder + "/c.sock"), threads: 1), routes: [route],
            logger: quiet)
    }

    deinit {
        server.stop()
        _ = Service.shell("rm -rf '\(folder)'")
    }

    func say(_ text: String) -> Bool {
        streams.withLock { streams in
            streams.allSatisfy { stream in Array(text.utf8).withUnsafeBytes { stream.offer($0) } }
        }
    }
}

extension AnswerTests {
    @Suite struct TailTests {
        @Test func `Live events are handed on as they come, with what the reader asked for`() throws {
            let source = try Source()
            let desk = try Desk(collector: source.socket)
            let reader = try LiveReader(desk.url(""), "/v1/tail?kind=click&device=a%20%26%3D%C3%A9%20b&key=")
            #expect(reader.reads { $0.text.contains(": open\n\n") }, "\(reader.text)")
            #expect(reader.status == 200 && reader.text.contains("Content-Type: text/event-stream"))
            #expect(reader.text.contains("Cache-Control: no-store") && reader.text.contains("X-Accel-Buffering: no"))
            #expect(source.targets.withLock { $0 } == ["kind=click&device=a &=é b&key="])
            for number in 0..<3 {
                #expect(source.say("event: accepted\ndata: \(number)\n\n"))
                #expect(reader.reads(within: 1_000) { $0.data("accepted").last == "\(number)" })
            }
            source.streams.withLock { $0[0].finish() }
            #expect(reader.readsToTheEnd())
        }

        @Test func `A reader that leaves is gone at the collector too, and the others go on`() throws {
            let source = try Source()
            let desk = try Desk(collector: source.socket)
            let readers = try (0..<3).map { _ in try LiveReader(desk.url(""), "/v1/tail") }
            for reader in readers { #expect(reader.reads { $0.text.contains(": open\n\n") }) }
            readers[1].leave()
            #expect(holds(within: 10_000) { source.streams.withLock { $0.count { $0.isAbandoned } } == 1 })
            source.streams.withLock { $0.removeAll { $0.isAbandoned } }
            #expect(source.say("event: accepted\ndata: on\n\n"))
            for reader in [readers[0], readers[2]] { #expect(reader.reads { $0.data("accepted") == ["on"] }) }
        }

        @Test func `A reader that does not read holds up the collector's stream, and nobody else`() throws {
            let source = try Source()
            let desk = try Desk(collector: source.socket)
            let slow = try LiveReader(desk.url(""), "/v1/tail")
            #expect(slow.reads { $0.text.contains(": open\n\n") })
            let block = String(repeating: "x", count: 60_000)
            var said = 0
            // The kernel's buffers, this side's, the collector's: bounded, all of them.
            while holds(within: 1_000, { source.say("event: accepted\ndata: \(block)\n\n") }) {
                said += 1
                try #require(said < 1_000, "nothing bounds what waits for one reader")
            }
            let other = try LiveReader(desk.url(""), "/v1/tail")
            #expect(other.reads(within: 2_000) { $0.text.contains(": open\n\n") })
            #expect(try desk.get("/healthz").status == 200)
            #expect(slow.reads { $0.data("accepted").count == said })
        }

        @Test func `The collector's refusal is the reader's, and where there is none the answer says so`() throws {
            let body = #"{"errors":[{"field":"kind","message":"must be one of …"}]}"#
            let source = try Source(refusing: HTTPResponse(.unprocessable, json: ByteBuffer(body)))
            let refused = try Desk(collector: source.socket).get("/v1/tail?kind=x")
            #expect(refused.status == 422 && refused.body.string == body)
            #expect(refused.header("Content-Type") == "application/json")
            let full = try Source(refusing: HTTPResponse(.serviceUnavailable, json: ByteBuffer(body)))
            #expect(try Desk(collector: full.socket).get("/v1/tail").header("Retry-After") == "5")

            let none = try Desk().get("/v1/tail")
            #expect(none.status == 503 && none.body.string.contains("does not answer"))
            let folder = Service.temporaryFolder()
            defer { _ = Service.shell("rm -rf '\(folder)'") }
            let broken = ScriptedServer(unixSocket: folder + "/c.sock") { _ in .sendAndClose("HTT") }
            defer { broken.stop() }
            #expect(try Desk(collector: folder + "/c.sock").get("/v1/tail").status == 503)
        }

        @Test func `Live events need the token where one is set, and a name of this machine where none is`() throws {
            let source = try Source()
            let desk = try Desk(token: "a-token", collector: source.socket)
            #expect(try desk.get("/v1/tail").status == 401)
            #expect(try desk.get("/v1/tail", [("Authorization", "Bearer other")]).status == 401)
            #expect(source.targets.withLock { $0.isEmpty })
            let reader = try LiveReader(desk.url(""), "/v1/tail", headers: ["Authorization: Bearer a-token"])
            #expect(reader.reads { $0.text.contains(": open\n\n") })
            #expect(try Desk(collector: source.socket).get("/v1/tail", [("Host", "evil.example")]).status == 403)
        }

        @Test func `Who reads is let go when the store stops, at once`() throws {
            let source = try Source()
            var desk: Desk? = try Desk(collector: source.socket)
            let reader = try LiveReader(try #require(desk).url(""), "/v1/tail")
            #expect(reader.reads { $0.text.contains(": open\n\n") })
            let started = Clock.monotonicMilliseconds()
            desk = nil
            #expect(Clock.monotonicMilliseconds() - started < 900)
            #expect(reader.readsToTheEnd())
        }
    }
}
