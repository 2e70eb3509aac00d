import Collector
import EventLog
import Events
import Glibc
import HTTPClient
import HTTPServer
import Platform
import Testing

@Suite struct DurabilityTests {
    /// A request from a thread of its own, and its answer once it is there.
    private final class Pending: Sendable {
        private let answer = Condition<(status: Int, retryAfter: String?)?>(nil)

        init(_ method: String, _ url: String, _ body: String) {
            let answer = answer
            _ = Thread("sends") {
                let headers = [("Content-Type", "application/json")]
                let response = Array(body.utf8).withUnsafeBytes {
                    try? HTTPClient(timeoutMilliseconds: 20_000).request(
                        method, url, headers: headers, body: method == "GET" ? nil : $0)
                }
                answer.withLock { $0 = (response?.status ?? -1, response?.header("Retry-After")) }
                answer.broadcast()
            }
        }

        func await(atMost milliseconds: Int) -> (status: Int, retryAfter: String?)? {
            answer.wait(atMost: milliseconds, until: { $0 != nil }) { $0 }
        }
    }

    private func all(_ test: TestCollector) -> [Pending] {
        [
            Pending("POST", test.url + "/clicks/", Sample.click), Pending("POST", test.url + "/pages/", Sample.page),
            Pending("POST", test.url + "/films/", Sample.film),
            Pending("POST", test.url + "/custom_events/", Sample.custom),
            Pending("POST", test.url + "/v1/events", "[\(Sample.typedClick)]"),
            Pending("GET", test.url + "/v1/pixel.gif?type=click&obj_id=x", ""),
        ]
    }

    @Test func `nobody is told anything before the event is durable`() throws {
        let log = ScriptedLog(.hold)
        let test = try TestCollector(log)
        let requests = all(test)
        #expect(log.awaitWaiters(requests.count))
        for request in requests { #expect(request.await(atMost: 30) == nil) }
        log.release()
        for request in requests.dropLast() { #expect(request.await(atMost: 20_000)?.status == 201) }
        #expect(requests.last?.await(atMost: 20_000)?.status == 200)
    }

    @Test func `what turns out not to be stored is never 201`() throws {
        let log = ScriptedLog(.hold)
        let test = try TestCollector(log)
        let requests = all(test)
        #expect(log.awaitWaiters(requests.count))
        log.release(.failed(.unavailable("I/O error")))
        for request in requests { #expect(request.await(atMost: 20_000)?.status == 503) }
    }

    @Test func `a log that says nothing costs the client a 503, and no 201 later`() throws {
        let log = ScriptedLog(.hold)
        let test = try TestCollector(log) { $0.listen.answerMilliseconds = 200 }
        let request = Pending("POST", test.url + "/clicks/", Sample.click)
        #expect(log.awaitWaiters(1))
        let answer = request.await(atMost: 20_000)
        #expect(answer?.status == 503)
        #expect(answer?.retryAfter == "1")
        log.release()
        #expect(try test.send("GET", "/healthz").status == 200)
        #expect(test.metric(#"cinelog_http_requests_total{route="/clicks",status="201"}"#) == "0")
    }

    @Test func `draining waits for the log`() throws {
        let log = ScriptedLog(.hold)
        let test = try TestCollector(log)
        let requests = all(test)
        #expect(log.awaitWaiters(requests.count))
        let drained = Condition(false)
        let collector = test.collector
        let drains = Thread("drains") {
            collector.drain(milliseconds: 20_000)
            drained.withLock { $0 = true }
        }
        // Draining has begun once nobody can connect any more.
        while (try? test.send("GET", "/healthz")) != nil { usleep(1_000) }
        #expect(!drained.withLock { $0 })
        log.release()
        for request in requests { #expect([200, 201].contains(request.await(atMost: 20_000)?.status ?? 0)) }
        drains.join()
    }

    // MARK: Over the real log

    @Test func `whatever was answered 201 can be read from the log at once`() throws {
        let log = try RealLog()
        let test = try TestCollector(log.writer)
        for (kind, body) in [
            (EventKind.click, Sample.click), (.page, Sample.page), (.film, Sample.film), (.custom, Sample.custom),
        ] {
            let answer = try test.post(kind.path, body)
            #expect(answer.status == 201)
            let id = try #require(try answer.json { $0["event_id"]?.string })
            #expect(try log.text(kind).contains(id))
        }
        let batch = try test.post("/v1/events", "[\(Sample.typedClick),{},\(Sample.typedClick)]")
        #expect(batch.status == 207)
        let ids = try batch.json { $0["results"]?.elements.compactMap { $0["event_id"]?.string } ?? [] }
        #expect(ids.count == 2)
        let text = try log.text(.click)
        for id in ids { #expect(text.contains(id)) }
        #expect(text.split(separator: "\n").count == 3)
    }

    @Test func `many clients at once lose nothing and double nothing`() throws {
        let log = try RealLog()
        let test = try TestCollector(log.writer)
        let accepted = Condition<[String]>([])
        let url = test.url + "/clicks/"
        let threads = (0..<8).map { thread in
            Thread("sends \(thread)") {
                let client = HTTPClient(timeoutMilliseconds: 20_000)
                for _ in 0..<100 {
                    let answer = Array(Sample.click.utf8).withUnsafeBytes {
                        try? client.request("POST", url, headers: [("Content-Type", "application/json")], body: $0)
                    }
                    guard let answer, answer.status == 201, let id = try? answer.json({ $0["event_id"]?.string }) else {
                        continue
                    }
                    accepted.withLock { $0.append(id) }
                }
            }
        }
        for thread in threads { thread.join() }
        let ids = accepted.withLock { $0 }
        #expect(ids.count == 800)
        #expect(Set(ids).count == 800)
        let lines = try log.text(.click).split(separator: "\n")
        #expect(lines.count == 800)
        let stored = Set(lines.compactMap { line in ids.first { line.contains($0) } })
        #expect(stored.count == 800)
    }

    @Test func `a log whose queue is full is 503 at once`() throws {
        let log = try RealLog { $0.queueBytesMax = 10 }
        let test = try TestCollector(log.writer)
        let answer = try test.post("/clicks/", Sample.click)
        #expect(answer.status == 503)
        #expect(answer.header("Retry-After") == "1")
        #expect(try log.text(.click).isEmpty)
    }

    @Test func `a log that may not grow is 503, and the service says that it is not ready`() throws {
        let log = try RealLog { $0.bytesMax = 1 }
        let test = try TestCollector(log.writer)
        let answer = try test.post("/clicks/", Sample.click)
        #expect(answer.status == 503)
        #expect(answer.header("Retry-After") == "5")
        #expect(try test.send("GET", "/readyz").status == 503)
    }

    @Test func `a log that is closed takes nothing more`() throws {
        let log = try RealLog()
        let test = try TestCollector(log.writer)
        #expect(try test.post("/clicks/", Sample.click).status == 201)
        log.writer.close()
        #expect(try test.post("/clicks/", Sample.click).status == 503)
    }
}
