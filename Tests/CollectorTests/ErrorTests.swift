import Collector
import EventLog
import Events
import HTTPClient
import HTTPServer
import Testing

@Suite struct ErrorTests {
    @Test func `every refusal has its status and says what is wrong in one form`() throws {
        let log = ScriptedLog()
        let test = try TestCollector(log) {
            $0.options.bodyBytesMax = 20_000
            $0.options.decodedBytesMax = 30_000
            $0.options.events.lineBytesMax = 10_000
        }
        let long = String(repeating: "x", count: 25_000)
        let cases: [(path: String, body: String, status: Int, fields: [String])] = [
            ("/clicks/", "nonsense", 400, [""]), ("/clicks/", "", 400, [""]), ("/clicks/", "[1]", 400, [""]),
            ("/clicks/", "7", 400, [""]), ("/clicks/", #"{"obj_id":"#, 400, [""]),
            ("/clicks/", "{}", 422, ["obj_id"]), ("/pages/", "{}", 422, ["url", "duration"]),
            ("/clicks/", #"{"obj_id":"x","time":"yesterday"}"#, 422, ["time"]),
            ("/films/", #"{"film_id":"zz","timecode":"00:00:01"}"#, 422, ["film_id"]),
            ("/custom_events/", #"{"information":[]}"#, 422, ["information"]),
            ("/clicks/", #"{"obj_id":"\#(long)"}"#, 413, [""]),
            ("/v1/events", "[]", 422, [""]), ("/v1/events", "7", 400, [""]),
            ("/v1/events", #"{"events":7}"#, 422, ["events"]),
            ("/nothing", "{}", 404, [""]),
        ]
        for (path, body, status, fields) in cases {
            let answer = try test.post(path, body)
            #expect(answer.status == status, "\(path) \(body.prefix(50))")
            #expect(try answer.errorFields() == fields, "\(path) \(body.prefix(50))")
            #expect(answer.header("Content-Type") == "application/json")
        }
        let method = try test.send("PUT", "/clicks/")
        #expect(method.status == 405)
        #expect(method.header("Allow") == "POST, OPTIONS")
        #expect(try test.send("POST", "/clicks/").status == 411)
        #expect(log.lines.isEmpty)
    }

    static let failures: [(error: AppendError, retryAfter: String)] = [
        (.overloaded, "1"), (.full, "5"), (.unavailable("the disk said so: /secret/path"), "5"),
    ]

    @Test(arguments: failures) func `what cannot be stored is 503 with Retry-After, whenever it shows`(
        error: AppendError, retryAfter: String
    ) throws {
        for behaviour in [ScriptedLog.Behaviour.refuse(error), .fail(error)] {
            let test = try TestCollector(ScriptedLog(behaviour))
            for (path, body) in [
                ("/clicks/", Sample.click), ("/v1/events", "[\(Sample.typedClick)]"),
                ("/v1/events", "[\(Sample.typedClick),{}]"),
            ] {
                let answer = try test.post(path, body)
                #expect(answer.status == 503)
                #expect(answer.header("Retry-After") == retryAfter)
                #expect(try answer.errorFields() == [""])
                // The reason is the operator's.
                #expect(!answer.body.string.contains("secret"))
            }
            let pixel = try test.send("GET", "/v1/pixel.gif?type=click&obj_id=x")
            #expect(pixel.status == 503)
            #expect(pixel.header("Content-Type") == "image/gif")
        }
    }

    @Test func `the service takes events again as soon as the log does`() throws {
        let log = ScriptedLog(.refuse(.full))
        let test = try TestCollector(log)
        #expect(try test.post("/clicks/", Sample.click).status == 503)
        log.become(.durable)
        #expect(try test.post("/clicks/", Sample.click).status == 201)
        #expect(log.lines.count == 1)
    }

    @Test func `readiness is the log's`() throws {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        #expect(try test.send("GET", "/readyz").status == 200)
        log.becomeUnavailable("no \"room\"")
        let answer = try test.send("GET", "/readyz")
        #expect(answer.status == 503)
        #expect(try answer.json { $0["reason"]?.string } == "no \"room\"")
        #expect(try test.send("GET", "/healthz").status == 200)
    }

    @Test func `events are counted by what became of them`() throws {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        _ = try test.post("/clicks/", Sample.click)
        _ = try test.post("/clicks/", "{}")
        _ = try test.post("/v1/events", "[\(Sample.typedClick),{},{}]")
        log.become(.refuse(.overloaded))
        _ = try test.post("/clicks/", Sample.click)
        #expect(test.metric(#"cinelog_events_accepted_total{kind="click"}"#) == "2")
        #expect(test.metric(#"cinelog_events_accepted_total{kind="film"}"#) == "0")
        #expect(test.metric(#"cinelog_events_rejected_total{kind="click"}"#) == "1")
        #expect(test.metric(#"cinelog_events_rejected_total{kind="batch"}"#) == "2")
        #expect(test.metric(#"cinelog_http_requests_total{route="/clicks",status="503"}"#) == "1")
        #expect(test.metric(#"cinelog_http_requests_total{route="/clicks",status="201"}"#) == "1")
        let metrics = HTTPClient(timeoutMilliseconds: 20_000, unixSocket: test.folder + "/private.sock")
        let answer = try metrics.request("GET", "http://localhost/metrics")
        #expect(answer.status == 200)
        #expect(answer.body.string.contains("cinelog_http_connections "))
        // The public address does not show them.
        #expect(try test.send("GET", "/metrics").status == 404)
    }
}
