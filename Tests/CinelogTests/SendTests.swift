import Cinelog
import Events
import Glibc
import Platform
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SendTests {
    /// Runs `cinelog send` on this input; what it wrote to standard error comes along.
    private func send(
        _ input: String, to collector: CollectorScript, _ configure: (inout SendOptions) -> Void = { _ in }
    ) -> (exit: Int32, errors: String) {
        var ends: [Int32] = [0, 0]
        precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        let (read, write) = (ends[0], ends[1])
        let writer = Thread("input") {
            var rest = Array(input.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(write, $0.baseAddress, $0.count) }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            close(write)
        }
        defer {
            close(read)
            writer.join()
        }
        return run(read, collector, configure)
    }

    private func run(_ descriptor: Int32, _ collector: CollectorScript, _ configure: (inout SendOptions) -> Void) -> (
        exit: Int32, errors: String
    ) {
        var options = SendOptions()
        options.url = collector.server.url
        options.retrySecondsMax = 20
        configure(&options)
        var errors = ""
        let progress = DeliveryProgress(quiet: options.quiet, terminal: false) { errors += $0 }
        let exit = SendCommand(options, LineReader(descriptor: descriptor), progress).run()
        return (exit, errors)
    }

    @Test func `events arrive in batches, in order, each with an event_id`() {
        let collector = CollectorScript()
        let input = (0..<7).map { #"{"type":"click","obj_id":"\#($0)"}"# }.joined(separator: "\n")
        let (exit, errors) = send(input, to: collector) { $0.batchEventsMax = 3 }
        #expect(exit == CommandExit.allAccepted)
        #expect(errors.hasPrefix("7 events: 7 accepted, 0 rejected, 0 retries"))
        #expect(collector.batches.map(\.count) == [3, 3, 1])
        let lines = collector.batches.joined()
        #expect(lines.map { member("obj_id", of: $0) } == (0..<7).map { "\($0)" })
        let identifiers = lines.compactMap { member("event_id", of: $0) }.compactMap { UUID($0) }
        #expect(Set(identifiers).count == 7)
        #expect(identifiers.allSatisfy { $0.version == 7 })
    }

    @Test func `a line with an event_id is sent as it is`() {
        let collector = CollectorScript()
        let line = #" { "type" : "click","event_id":"0198c0de-7d2b-7b7e-8f3a-2f4d1c6b7a89", "obj_id":"\u0041" } "#
        #expect(send(line + "\n", to: collector).exit == 0)
        #expect(collector.batches == [[line]])
    }

    @Test func `an event_id is put in front without touching the rest`() {
        let collector = CollectorScript()
        let inputs = [
            #"{"information":{"event_id":"inner"},"type":"custom"}"#, #"{}"#, #"  { }"#,
            #"{"event_id":null,"x":[1.50,"é"]}"#,
            #"{"a":1e2,"event\u005fid":null}"#,
        ]
        #expect(send(inputs.joined(separator: "\r\n"), to: collector).exit == 0)
        let lines = collector.batches.joined().map { line in
            line.replacing(member("event_id", of: line) ?? "", with: "ID").replacing("\r", with: "")
        }
        #expect(
            lines == [
                #"{"event_id":"ID","information":{"event_id":"inner"},"type":"custom"}"#, #"{"event_id":"ID"}"#,
                #"{"event_id":"ID" }"#, #"{"event_id":"ID","x":[1.5,"é"]}"#, #"{"event_id":"ID","a":100}"#,
            ])
    }

    @Test func `rejected events are told by line, field and reason`() {
        let collector = CollectorScript()
        let input = """
            {"type":"click","obj_id":"good"}

            {"type":"click","obj_id":"bad"}
            {"type":"click",
            [1]
            {"type":"click","obj_id":"good"}
            """
        let (exit, errors) = send(input, to: collector) { $0.quiet = true }
        #expect(exit == CommandExit.someRejected)
        let lines = errors.split(separator: "\n").map(String.init).sorted()
        #expect(lines.count == 3)
        #expect(lines[0] == "line 3: obj_id: must be good")
        #expect(lines[1].hasPrefix("line 4: not valid JSON"))
        #expect(lines[2] == "line 5: an event must be a JSON object")
        #expect(collector.batches.joined().count == 3)
    }

    @Test func `a batch that cannot be stored now is sent again, the same`() {
        let collector = CollectorScript { _, number in
            switch number {
            case 1: .answer(503, headers: ["Retry-After: 1"], "busy")
            case 2: .answer(429)
            case 3: .sendAndClose("HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{")
            default: nil
            }
        }
        let start = Clock.monotonicMilliseconds()
        let (exit, errors) = send(#"{"type":"click","obj_id":"x"}"#, to: collector)
        #expect(exit == CommandExit.allAccepted)
        #expect(errors.contains("trying again: 503 busy"))
        #expect(errors.contains("1 accepted, 0 rejected, 3 retries"))
        #expect(Clock.monotonicMilliseconds() - start >= 1000)
        #expect(collector.batches.count == 4)
        #expect(Set(collector.batches).count == 1)
    }

    @Test func `a collector that stays away ends in not delivered`() {
        let collector = CollectorScript()
        collector.server.stop()
        let (exit, errors) = send(#"{"type":"click","obj_id":"x"}"#, to: collector) { $0.retrySecondsMax = 1 }
        #expect(exit == CommandExit.notDelivered)
        #expect(errors.contains("not delivered: gave up after 1 s: cannot connect"))
    }

    @Test func `a server that asks for more patience than there is gets one last try`() {
        let collector = CollectorScript { _, number in
            number == 1 ? .answer(503, headers: ["Retry-After: 3600"]) : nil
        }
        let (exit, _) = send(#"{"type":"click","obj_id":"x"}"#, to: collector) { $0.retrySecondsMax = 1 }
        #expect(exit == CommandExit.allAccepted)
    }

    @Test func `a refusal that no retry can change ends at once`() {
        let collector = CollectorScript { _, _ in .answer(401, #"{"error":"token expired"}"#) }
        let (exit, errors) = send(#"{"type":"click","obj_id":"x"}"#, to: collector)
        #expect(exit == CommandExit.notDelivered)
        #expect(errors.contains(#"not delivered: 401 {"error":"token expired"}"#))
        #expect(collector.batches.count == 1)
    }

    @Test func `an answer that is not a collector's is not taken for success`() {
        let collector = CollectorScript { _, _ in .answer(201, "<html>") }
        #expect(send(#"{"type":"click","obj_id":"x"}"#, to: collector).exit == CommandExit.notDelivered)
    }

    @Test func `a batch refused as a whole is halved until the one at fault is found`() {
        let collector = CollectorScript { request, _ in
            request.text.contains("poison") ? .answer(400, "unreadable") : nil
        }
        let input = (1...20).map { #"{"type":"click","obj_id":"\#($0 == 13 ? "poison" : "x\($0)")"}"# }
        let (exit, errors) = send(input.joined(separator: "\n"), to: collector)
        #expect(exit == CommandExit.someRejected)
        #expect(errors.contains("line 13: 400 unreadable"))
        #expect(errors.contains("20 events: 19 accepted, 1 rejected"))
        #expect(collector.batches.count <= 10)
    }

    @Test func `input that pauses is sent without waiting for a full batch`() throws {
        let arrived = Condition(0)
        let collector = CollectorScript { _, _ in
            arrived.withLock { $0 += 1 }
            arrived.broadcast()
            return nil
        }
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        let (read, write) = (ends[0], ends[1])
        let writer = Thread("input") {
            for number in 1...3 {
                let line = Array("{\"type\":\"click\",\"obj_id\":\"\(number)\"}\n".utf8)
                _ = Glibc.write(write, line, line.count)
                arrived.wait(atMost: 20_000, until: { $0 >= number }) { _ in }
            }
            close(write)
        }
        #expect(run(read, collector) { _ in }.exit == 0)
        writer.join()
        close(read)
        #expect(collector.batches.map(\.count) == [1, 1, 1])
    }

    @Test func `requests stay below the collector's limit, and too long lines are told`() {
        let collector = CollectorScript()
        let long = #"{"type":"custom","information":{"x":"\#(String(repeating: "x", count: 300_000))"}}"#
        let tooLong = #"{"x":"\#(String(repeating: "x", count: LineReader.lineBytesMax))"}"#
        let (exit, errors) = send([long, long, tooLong, long, long, tooLong].joined(separator: "\n"), to: collector)
        #expect(exit == CommandExit.someRejected)
        #expect(collector.batches.joined().count == 4)
        #expect(collector.server.requests.allSatisfy { $0.body.count <= 1_000_000 })
        #expect(
            errors.contains("line 3: the line is longer than") && errors.contains("line 6: the line is longer than"))
    }

    @Test func `token, key and gzip go with the request`() throws {
        let collector = CollectorScript { _, _ in
            .answer(201, #"{"accepted":1,"rejected":0,"results":[{"event_id":"x","status":"accepted"}]}"#)
        }
        let (exit, _) = send(#"{"type":"click","obj_id":"x"}"#, to: collector) {
            $0.token = "a.b.c"
            $0.writeKey = "k"
            $0.gzip = true
        }
        #expect(exit == 0)
        let request = try #require(collector.server.requests.first)
        #expect(request.line == "POST /v1/events HTTP/1.1")
        #expect(request.headers["authorization"] == "Bearer a.b.c")
        #expect(request.headers["x-write-key"] == "k")
        #expect(request.headers["content-type"] == "application/x-ndjson")
        #expect(request.headers["content-encoding"] == "gzip")
        #expect(request.body.starts(with: [0x1F, 0x8B]))
    }

    @Test func `a rate is kept`() {
        let collector = CollectorScript()
        let input = String(repeating: "{\"type\":\"click\",\"obj_id\":\"x\"}\n", count: 100)
        let start = Clock.monotonicMilliseconds()
        #expect(send(input, to: collector) { $0.eventsPerSecond = 200 }.exit == 0)
        #expect((450...20_000).contains(Clock.monotonicMilliseconds() - start))
        #expect(collector.batches.map(\.count) == [50, 50])
    }

    @Test func `wrong options and missing files are wrong usage`() {
        var options = SendOptions()
        options.file = "/nonexistent/events.ndjson"
        #expect(runSend(options) == CommandExit.usage)
        options.batchEventsMax = 0
        #expect(runSend(options) == CommandExit.usage)
        options.batchEventsMax = 2001
        #expect(runSend(options) == CommandExit.usage)
        options = SendOptions()
        options.url = "collector:8080"
        #expect(runSend(options) == CommandExit.usage)
        options = SendOptions()
        options.eventsPerSecond = 0
        #expect(runSend(options) == CommandExit.usage)
    }
}
