import Events
import Glibc
import HTTPServer
import Platform
import Synchronization
import Testing

@Suite struct StreamTests {
    /// A route whose body comes from a thread of its own.
    private final class Producer: Sendable {
        let written = Atomic<Int>(0)
        let ended = Condition(false)
        private let blocks: Int
        private let end: @Sendable (HTTPBodyStream) -> Void

        static let blockBytes = 10_240

        init(blocks: Int, end: @escaping @Sendable (HTTPBodyStream) -> Void = { $0.finish() }) {
            self.blocks = blocks
            self.end = end
        }

        var route: HTTPRoute {
            HTTPRoute(.get, "/stream") { [self] exchange in
                let stream = HTTPBodyStream()
                exchange.answer(HTTPResponse(.ok, contentType: "application/octet-stream", body: .stream(stream)))
                _ = Thread("produces") { [self] in produce(stream) }
            }
        }

        private func produce(_ stream: HTTPBodyStream) {
            for number in 0..<blocks {
                guard Producer.block(number).withUnsafeBytes({ stream.write($0) }) else { break }
                written.wrappingAdd(Producer.blockBytes, ordering: .relaxed)
            }
            end(stream)
            ended.withLock { $0 = true }
            ended.broadcast()
        }

        static func block(_ number: Int) -> [UInt8] {
            (0..<blockBytes).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* 7 &+ $0 >> 8) }
        }

        static func bytes(_ blocks: Int) -> [UInt8] { (0..<blocks).flatMap { block($0) } }

        func awaitEnd() -> Bool { ended.wait(atMost: 20_000, until: { $0 }) { $0 } }
    }

    @Test func `ten mebibytes arrive whole and in order, twice on one connection`() throws {
        let producer = Producer(blocks: 1_024)
        let test = try TestServer(more: [producer.route])
        let client = try test.client()
        let expected = Producer.bytes(1_024)
        for _ in 0..<2 {
            client.send(Request.get("/stream"))
            let reply = try client.reply()
            #expect(reply.header("Transfer-Encoding") == "chunked")
            #expect(reply.isWhole)
            #expect(reply.body == expected)
        }
    }

    @Test func `one write larger than the buffer arrives whole`() throws {
        let bytes = pattern(5_000_000)
        let route = HTTPRoute(.get, "/one") { exchange in
            let stream = HTTPBodyStream()
            exchange.answer(HTTPResponse(.ok, body: .stream(stream)))
            _ = Thread("one write") {
                _ = bytes.withUnsafeBytes { stream.write($0) }
                stream.finish()
            }
        }
        let test = try TestServer(more: [route])
        let client = try test.client()
        client.send(Request.get("/one"))
        #expect(try client.reply().body == bytes)
    }

    @Test func `an empty stream is an empty body`() throws {
        let producer = Producer(blocks: 0)
        let test = try TestServer(more: [producer.route])
        let client = try test.client()
        client.send(Request.get("/stream") + Request.get("/hello"))
        let reply = try client.reply()
        #expect(reply.isWhole)
        #expect(reply.body.isEmpty)
        #expect(try client.reply().text == "hello")
    }

    @Test func `every piece arrives while the producer waits for the next`() throws {
        let streams = Condition<[HTTPBodyStream]>([])
        let route = HTTPRoute(.get, "/live") { exchange in
            let stream = HTTPBodyStream()
            exchange.answer(HTTPResponse(.ok, body: .stream(stream)))
            streams.withLock { $0.append(stream) }
            streams.broadcast()
        }
        let test = try TestServer(more: [route])
        let client = try test.client()
        client.send(Request.get("/live"))
        let stream = try #require(streams.wait(atMost: 20_000, until: { !$0.isEmpty }, then: { $0.first }))
        var received: [UInt8] = []
        for number in 0..<200 {
            let piece = "<piece \(number)>"
            #expect(Array(piece.utf8).withUnsafeBytes { stream.write($0) })
            while !String(decoding: received, as: UTF8.self).contains(piece) {
                var chunk = [UInt8](repeating: 0, count: 4_096)
                let count = recv(client.descriptor, &chunk, chunk.count, 0)
                guard count > 0 else { break }
                received += chunk.prefix(count)
            }
            #expect(String(decoding: received, as: UTF8.self).contains(piece))
            received = []
        }
        stream.finish()
    }

    @Test func `the producer blocks while the client does not read, and nothing is lost when it does`() throws {
        let producer = Producer(blocks: 6_400)
        let test = try TestServer(more: [producer.route])
        let client = try SocketClient(port: test.port, receiveBufferBytes: 4_096)
        client.send(Request.get("/stream"))
        // Blocked once it has not got on for a while; the rest is with the kernel.
        var before = -1
        #expect(
            eventually {
                let now = producer.written.load(ordering: .relaxed)
                defer { before = now }
                usleep(100_000)
                return now > 0 && now == before
            })
        #expect(producer.written.load(ordering: .relaxed) < 16 << 20)
        let reply = try client.reply()
        #expect(reply.isWhole)
        #expect(reply.body == Producer.bytes(6_400))
    }

    @Test func `an aborted stream is seen to be cut short`() throws {
        let producer = Producer(blocks: 20) { $0.abort() }
        let test = try TestServer(more: [producer.route])
        let client = try test.client()
        client.send(Request.get("/stream"))
        let reply = try client.reply()
        #expect(reply.status == 200)
        #expect(!reply.isWhole)
        #expect(client.endsHere())
    }

    @Test(arguments: [false, true]) func `a producer is told when its client leaves`(withReset: Bool) throws {
        let producer = Producer(blocks: .max)
        let test = try TestServer(more: [producer.route])
        var client: SocketClient? = try test.client()
        client?.send(Request.get("/stream"))
        #expect(client?.isReadable(within: 20_000) == true)
        if withReset { client?.reset() }
        client = nil
        #expect(producer.awaitEnd())
        #expect(eventually { test.server.connectionCount == 0 })
    }

    @Test func `a producer is told when its client is too slow`() throws {
        let producer = Producer(blocks: .max)
        let test = try TestServer({ $0.sendMilliseconds = 300 }, more: [producer.route])
        let client = try SocketClient(port: test.port, receiveBufferBytes: 4_096)
        client.send(Request.get("/stream"))
        #expect(producer.awaitEnd())
        #expect(eventually { test.server.connectionCount == 0 })
    }

    @Test func `HEAD needs no body, and its producer is let go`() throws {
        let producer = Producer(blocks: .max)
        let test = try TestServer(more: [producer.route])
        let client = try test.client()
        client.send("HEAD /stream HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(try client.reply(bodiless: true).status == 200)
        #expect(client.endsHere())
        #expect(producer.awaitEnd())
    }

    @Test func `a stream that comes after another answer has no client`() throws {
        let test = try TestServer { $0.answerMilliseconds = 200 }
        let client = try test.client()
        client.send(Request.post("/never", ""))
        let exchange = try #require(test.awaitWaiting(1).first)
        #expect(try client.reply().status == 503)
        let stream = HTTPBodyStream()
        #expect(!exchange.answer(HTTPResponse(.ok, body: .stream(stream))))
        #expect(![1, 2, 3].withUnsafeBytes { stream.write($0) })
    }

    @Test func `stopping the server cuts streams that wait for their producer`() throws {
        let streams = Condition<[HTTPBodyStream]>([])
        let route = HTTPRoute(.get, "/quiet") { exchange in
            let stream = HTTPBodyStream()
            exchange.answer(HTTPResponse(.ok, body: .stream(stream)))
            streams.withLock { $0.append(stream) }
            streams.broadcast()
        }
        let test = try TestServer(more: [route])
        let clients = try (0..<10).map { _ in try test.client() }
        for client in clients { client.send(Request.get("/quiet")) }
        #expect(streams.wait(atMost: 20_000, until: { $0.count == 10 }, then: { $0.count == 10 }))
        for client in clients { #expect(client.isReadable(within: 20_000)) }
        test.server.stop()
        for client in clients { #expect(try !client.reply().isWhole) }
        for stream in streams.withLock({ $0 }) { #expect(![1].withUnsafeBytes { stream.write($0) }) }
    }

    // MARK: Offering

    @Test func `an offer never waits: it is taken whole, or not at all`() {
        let stream = HTTPBodyStream(bufferBytesMax: 100)
        let bytes = [UInt8](repeating: 7, count: 60)
        #expect(stream.roomBytes == 100)
        #expect(bytes.withUnsafeBytes { stream.offer($0) })
        #expect(!bytes.withUnsafeBytes { stream.offer($0) })
        #expect(bytes[..<40].withUnsafeBytes { stream.offer($0) })
        #expect(stream.roomBytes == 0 && !stream.isAbandoned)
        stream.abort()
        #expect(stream.isAbandoned && ![].withUnsafeBytes { stream.offer($0) })
    }

    @Test func `what is offered is sent at once, and a client that leaves a quiet stream is seen to have left`() throws
    {
        let stream = HTTPBodyStream(endsWithClient: true)
        let route = HTTPRoute(.get, "/live") { $0.answer(HTTPResponse(.ok, body: .stream(stream))) }
        let test = try TestServer(more: [route])
        var client: SocketClient? = try test.client()
        client?.send(Request.get("/live"))
        #expect(client?.isReadable(within: 20_000) == true)
        #expect([1, 2, 3].withUnsafeBytes { stream.offer($0) })
        #expect(eventually { stream.roomBytes == 1 << 20 })
        client = nil
        #expect(eventually { stream.isAbandoned })
        #expect(eventually { test.server.connectionCount == 0 })
    }
}
