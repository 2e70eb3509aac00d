import Events
import Glibc
import HTTPClient
import TestSupport
import Testing

/// One running service for every test of a way in and of a way to read.
enum Shared {
    static let service: Result<Service, any Error> = Result { try Service("serve") }
}

/// An identifier that stands in one event only: how a test finds its own rows among others'.
func mark() -> String { "mark-\(UInt64.random(in: 0 ... .max))" }

extension HTTPClientResponse {
    var text: String { body.string }
    func header(_ name: String) -> String? { headers.first { $0.0.lowercased() == name.lowercased() }?.1 }

    /// A member of the answer's JSON, found by its path.
    func json<Value>(_ read: (JSONValue) -> Value) throws -> Value {
        let parser = JSONParser(capacityMax: 16 << 20, depthMax: 64)
        let scratch = ByteBuffer()
        // A value points into its parser.
        return try withExtendedLifetime((parser, scratch, self)) {
            read(try parser.parse(copying: body.bytes, into: scratch))
        }
    }

    /// The fields that an error answer names.
    func fields() throws -> [String] {
        try json { $0["errors"]?.elements.compactMap { $0["field"]?.string } ?? [] }
    }
}

@Suite(.turn(.processes)) struct EndpointTests {
    let service: Service
    static let film = "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89"

    init() throws { service = try Shared.service.get() }

    private func now() -> Int { time(nil) }

    // MARK: The four kinds, each column

    @Test func `A click comes back with every column right`() throws {
        let name = mark()
        let sent = now() - 5
        let answer = try service.post(
            "/clicks/",
            #"{"obj_id":"\#(name)","time":\#(sent),"url":"https://cinema.example/é","x":10.5,"y":-3,"text":"Play \"it\"","anonymous_id":"a-1","session_id":"s-1","platform":"web","app_version":"1.2.3","campaign":{"id":7}}"#
        )
        #expect(answer.status == 201)
        let id = try #require(try answer.json { $0["event_id"]?.string })
        let rows = try service.rows(
            """
            SELECT event_id, user_id, toUnixTimestamp(time), abs(toUnixTimestamp(received_at) - \(now())) < 10,
                url, x, y, text, anonymous_id, session_id, platform, app_version, verdict, extra
            FROM clicks WHERE obj_id = '\(name)'
            """, within: 1500
        ) { !$0.isEmpty }
        #expect(
            rows == [
                [
                    id, "00000000-0000-0000-0000-000000000000", "\(sent)", "1", "https://cinema.example/é", "10.5",
                    "-3", "Play \"it\"", "a-1", "s-1", "web", "1.2.3", "", #"{"campaign":{"id":7}}"#,
                ].joined(separator: "\t")
            ])
    }

    @Test func `A page view comes back with every column right`() throws {
        let name = mark()
        let answer = try service.post(
            "/pages",
            #"{"url":"https://cinema.example/\#(name)","duration":16,"title":"Film 42","referrer":"https://r.example/","scroll":87.5,"time":"2026-01-31T12:00:00+03:00","event_id":"0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89"}"#
        )
        #expect(answer.status == 201)
        #expect(try answer.json { $0["event_id"]?.string } == "0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89")
        let rows = try service.rows(
            "SELECT event_id, time, duration, title, referrer, scroll, verdict FROM pages WHERE url LIKE '%\(name)'",
            within: 1500
        ) { !$0.isEmpty }
        #expect(
            rows == [
                "0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89\t2026-01-31 09:00:00.000\t16\tFilm 42\thttps://r.example/\t87.5\tclock"
            ])
    }

    @Test func `Film watching comes back with every column right`() throws {
        let name = mark()
        let answer = try service.post(
            "/films/",
            #"{"film_id":"\#(Self.film)","timecode":"00:41:07.500000","view_id":"\#(name)","duration":5400,"watched":[[0,10],[20.5,30]],"rate":1.5,"quality":"1080p"}"#
        )
        #expect(answer.status == 201)
        let rows = try service.rows(
            "SELECT film_id, timecode, position, duration, watched, rate, quality FROM views WHERE view_id = '\(name)'",
            within: 1500
        ) { !$0.isEmpty }
        #expect(rows == ["\(Self.film)\t00:41:07.500000\t2467.5\t5400\t[(0,10),(20.5,30)]\t1.5\t1080p"])
    }

    @Test func `A custom event comes back with its information as it was`() throws {
        let name = mark()
        let answer = try service.post(
            "/custom_events/",
            #"{"information":{"quality":"1080p","from":"720p","list":[1,2.5,null,true],"text":"\u00e9\n\"🎬\""},"name":"\#(name)"}"#
        )
        #expect(answer.status == 201)
        let rows = try service.rows(
            "SELECT information, JSONExtractString(information, 'text') = 'é\\n\"🎬\"' FROM custom_events WHERE name = '\(name)' LIMIT 1",
            within: 1500
        ) { !$0.isEmpty }
        #expect(
            rows == [
                #"{"quality":"1080p","from":"720p","list":[1,2.5,null,true],"text":"é\\n\\"🎬\\""}"# + "\t1"
            ])
    }

    @Test func `The contract's table names answer too`() throws {
        for kind in EventKind.allCases {
            #expect(try service.rows("SELECT count() >= 0 FROM default.\(kind.topic)_distributed") == ["1"])
        }
    }

    // MARK: Refusals

    static let refused: [(path: String, body: String, status: Int, field: String)] = [
        ("/clicks/", "{", 400, ""), ("/clicks/", "", 400, ""), ("/clicks/", "[]", 400, ""), ("/clicks/", "7", 400, ""),
        ("/clicks/", #"{"obj_id":"a",}"#, 400, ""), ("/clicks/", #"{"obj_id":"\ud800"}"#, 400, ""),
        ("/clicks/", #"{}"#, 422, "obj_id"), ("/clicks/", #"{"obj_id":{"a":1}}"#, 422, "obj_id"),
        ("/clicks/", #"{"obj_id":"a\u0000"}"#, 422, "obj_id"),
        ("/clicks/", #"{"obj_id":"a","obj_id":"b"}"#, 422, "obj_id"),
        ("/clicks/", #"{"obj_id":"a","time":95617584000}"#, 422, "time"),
        ("/clicks/", #"{"obj_id":"a","time":18446744073709551616}"#, 422, "time"),
        (
            "/clicks/",
            #"{"obj_id":"a","deep":\#(String(repeating: "[", count: 40))\#(String(repeating: "]", count: 40))}"#, 422,
            ""
        ),
        ("/pages/", #"{"url":"/","duration":-1}"#, 422, "duration"),
        ("/pages/", #"{"url":"/","duration":1e400}"#, 422, "duration"),
        ("/pages/", #"{"url":"/","duration":"16"}"#, 422, "duration"), ("/pages/", #"{"duration":16}"#, 422, "url"),
        ("/films/", #"{"film_id":"zz","timecode":"00:00:01"}"#, 422, "film_id"),
        ("/films/", #"{"film_id":"\#(film)","timecode":"1:2"}"#, 422, "timecode"),
        ("/custom_events/", #"{"information":[1]}"#, 422, "information"),
    ]

    @Test(arguments: refused)
    func `A bad event is refused with the right status, and its field is named`(
        path: String, body: String, status: Int, field: String
    ) throws {
        let answer = try service.post(path, body)
        #expect(answer.status == status, "\(answer.text)")
        #expect(try answer.fields() == [field])
        #expect(
            try answer.json { $0["errors"]?.elements.allSatisfy { !($0["message"]?.string ?? "").isEmpty } } == true)
    }

    @Test func `Invalid UTF-8 is not JSON`() throws {
        let answer = try service.post("/clicks/", Array(#"{"obj_id":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
        #expect(answer.status == 400 && answer.text.contains("UTF-8"))
    }

    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", nil])
    func `Another content type is 415 at the contract's endpoints`(type: String?) throws {
        let answer = try service.post("/clicks/", #"{"obj_id":"a"}"#, type: type)
        #expect(answer.status == 415 && answer.text.contains("application/json"))
    }

    @Test func `A content type may have parameters`() throws {
        #expect(try service.post("/clicks/", #"{"obj_id":"a"}"#, type: "Application/JSON; charset=utf-8").status == 201)
    }

    @Test(arguments: EventKind.allCases)
    func `Another method is 405 with Allow, with the slash and without`(kind: EventKind) throws {
        for path in [kind.path, kind.path + "/"] {
            for method in ["GET", "PUT", "DELETE", "PATCH"] {
                let answer = try service.get(service.ingest + path, method: method)
                #expect(answer.status == 405)
                #expect(answer.header("Allow")?.contains("POST") == true)
            }
        }
    }

    @Test func `An unknown path is 404`() throws {
        #expect(try service.get(service.ingest + "/nothing").status == 404)
        #expect(try service.post("/v1/nothing", "{}").status == 404)
    }

    @Test func `A body or an event over the limit is 413`() throws {
        #expect(try service.post("/v1/events", String(repeating: " ", count: 2 << 20)).status == 413)
        let long = #"{"obj_id":"a","k":"\#(String(repeating: "x", count: 70_000))"}"#
        #expect(try service.post("/clicks/", long).status == 413)
        let answer = try service.post("/v1/events", "[{\"type\":\"click\"," + long.dropFirst() + "]")
        #expect(answer.status == 422)
    }

    @Test func `A gzip bomb stops at the decoded limit`() throws {
        let answer = try service.post("/v1/events", String(repeating: " ", count: 64 << 20), gzip: true)
        #expect(answer.status == 413)
        #expect(try service.post("/clicks/", #"{"obj_id":"a"}"#, headers: [("Content-Encoding", "br")]).status == 415)
        #expect(try service.post("/clicks/", #"{"obj_id":"a"}"#, headers: [("Content-Encoding", "gzip")]).status == 400)
    }

    // MARK: Batches

    @Test func `A batch answers for each event, in order`() throws {
        let name = mark()
        let answer = try service.post(
            "/v1/events",
            #"[{"type":"click","obj_id":"\#(name)"},{"type":"page","url":"/"},{"type":"nonsense"},{"type":"film","film_id":"\#(Self.film)","timecode":3.5}]"#
        )
        #expect(answer.status == 207)
        #expect(
            try answer.json { value in
                value["results"]!.elements.map {
                    ($0["status"]?.string ?? "") + " " + ($0["field"]?.string ?? "") + " " + "\($0["index"]?.int ?? -1)"
                }
            } == ["accepted  -1", "rejected duration 1", "rejected type 2", "accepted  -1"])
        #expect(try answer.json { $0["accepted"]?.int } == 2)
        #expect(try answer.json { $0["rejected"]?.int } == 2)
        #expect(
            try service.rows("SELECT count() FROM clicks WHERE obj_id = '\(name)'", within: 1500) { $0 == ["1"] } == [
                "1"
            ])
    }

    @Test func `A batch comes as an object, as lines, as a beacon's text, compressed`() throws {
        let names = (0..<5).map { _ in mark() }
        func event(_ name: String) -> String { #"{"type":"click","obj_id":"\#(name)"}"# }
        let sentAt = now() - 3600
        let bodies: [(String, String, Bool)] = [
            (
                #"{"events":[{"type":"click","obj_id":"\#(names[0])","time":\#(sentAt - 60)}],"sent_at":\#(sentAt)}"#,
                "application/json", false
            ),
            (event(names[1]) + "\n\n" + event(names[1]) + "\r\n", "application/x-ndjson", false),
            ("[" + event(names[2]) + "]", "text/plain;charset=UTF-8", false),
            (event(names[3]) + "\n" + event(names[3]), "text/plain", true),
            (event(names[4]), "application/json", true),
        ]
        for (body, type, gzip) in bodies {
            let answer = try service.post("/v1/events", body, type: type, gzip: gzip)
            #expect(answer.status == 201, "\(answer.text)")
        }
        let list = names.map { "'\($0)'" }.joined(separator: ",")
        let rows = try service.rows("SELECT count() FROM clicks WHERE obj_id IN (\(list))", within: 1500) {
            $0 == ["7"]
        }
        #expect(rows == ["7"])
        let corrected = try service.rows(
            "SELECT abs(toUnixTimestamp(time) - \(now() - 60)) < 10, verdict FROM clicks WHERE obj_id = '\(names[0])'")
        #expect(corrected == ["1\t"])
    }

    @Test func `Batches that hold nothing good are refused as a whole`() throws {
        #expect(try service.post("/v1/events", "[]").status == 422)
        #expect(try service.post("/v1/events", #"[{"type":"click"}]"#).status == 422)
        #expect(try service.post("/v1/events", #"{"events":{}}"#).status == 422)
        let event = #"{"type":"click","obj_id":"a"}"#
        let twice = try service.post("/v1/events", #"{"events":[\#(event)],"events":[\#(event)]}"#)
        #expect(try twice.status == 422 && twice.fields() == ["events"])
        #expect(try service.post("/v1/events", "3").status == 400)
        #expect(try service.post("/v1/events", "{\"a\":\n", type: "application/x-ndjson").status == 422)
        let many = "[" + Array(repeating: #"{"type":"click","obj_id":"a"}"#, count: 2001).joined(separator: ",") + "]"
        #expect(try service.post("/v1/events", many).status == 413)
    }

    @Test func `One bad line does not spoil the others`() throws {
        let name = mark()
        let line = #"{"type":"click","obj_id":"\#(name)"}"#
        let answer = try service.post("/v1/events", "\(line)\n{bad\n\(line)\n", type: "application/x-ndjson")
        #expect(answer.status == 207)
        #expect(try answer.json { $0["accepted"]?.int } == 2)
    }

    @Test func `Validation answers the same and stores nothing`() throws {
        let name = mark()
        let answer = try service.post(
            "/v1/validate", #"[{"type":"click","obj_id":"\#(name)"},{"type":"click"}]"#)
        #expect(answer.status == 207)
        #expect(try service.post("/clicks/", #"{"obj_id":"after \#(name)"}"#).status == 201)
        let rows = try service.rows("SELECT obj_id FROM clicks WHERE obj_id LIKE '%\(name)'", within: 1500) {
            !$0.isEmpty
        }
        #expect(rows == ["after \(name)"])
    }

    @Test func `The pixel stores an event and is an image in any case`() throws {
        let name = mark()
        let url = service.ingest + "/v1/pixel.gif"
        let answer = try service.get(url + "?type=page&url=https%3A%2F%2Fmail.example%2F\(name)&duration=0&own=x+y%21")
        #expect(answer.status == 200 && answer.header("Content-Type") == "image/gif" && answer.text.hasPrefix("GIF89a"))
        let rows = try service.rows("SELECT url, duration, extra FROM pages WHERE url LIKE '%\(name)'", within: 1500) {
            !$0.isEmpty
        }
        #expect(rows == ["https://mail.example/\(name)\t0\t" + #"{"own":"x y!"}"#])
        let refused = try service.get(url + "?type=page&duration=-1")
        #expect(refused.status == 422 && refused.header("Content-Type") == "image/gif")
    }

    // MARK: Documents, health, CORS

    @Test func `The documents are there`() throws {
        let page = try service.get(service.ingest + "/apidocs")
        #expect(page.status == 200 && page.header("Content-Type")?.hasPrefix("text/html") == true)
        #expect(try service.get(service.ingest + "/apidocs/").status == 200)
        let description = try service.get(service.ingest + "/openapi.json")
        #expect(try description.json { $0["openapi"]?.string?.hasPrefix("3.1") } == true)
        for kind in EventKind.allCases {
            #expect(try description.json { $0["paths"]?[kind.path + "/"] != nil })
        }
    }

    @Test func `Health and readiness are told by both addresses`() throws {
        for address in [service.ingest, service.admin] {
            #expect(try service.get(address + "/healthz").status == 200)
            #expect(try service.get(address + "/readyz").status == 200)
        }
        #expect(try service.get(service.ingest + "/healthz", method: "HEAD").text.isEmpty)
    }

    @Test func `Any page may send without cookies by default`() throws {
        let origin = [("Origin", "https://cinema.example")]
        let answer = try service.post("/clicks/", #"{"obj_id":"a"}"#, headers: origin)
        #expect(answer.status == 201 && answer.header("Access-Control-Allow-Origin") == "*")
        #expect(answer.header("Access-Control-Allow-Credentials") == nil)
        let refused = try service.post("/clicks/", "{", headers: origin)
        #expect(refused.status == 400 && refused.header("Access-Control-Allow-Origin") == "*")
        let preflight = try service.get(
            service.ingest + "/v1/events", headers: origin + [("Access-Control-Request-Method", "POST")],
            method: "OPTIONS")
        #expect(preflight.status == 204 && preflight.header("Access-Control-Allow-Methods")?.contains("POST") == true)
    }

    // MARK: Reading

    @Test func `SQL answers in the reader's format`() throws {
        let statement = "SELECT number AS n, toString(number) AS s FROM numbers(2)"
        let answers = [
            ("FORMAT JSONEachRow", "application/x-ndjson", "{\"n\":0,\"s\":\"0\"}\n"),
            ("FORMAT CSVWithNames", "text/csv; charset=utf-8", "\"n\",\"s\"\n0,\"0\"\n"),
            ("", "text/tab-separated-values; charset=utf-8", "n\ts\n0\t0\n"),
            ("FORMAT Parquet", "application/vnd.apache.parquet", "PAR1"),
        ]
        for (format, type, start) in answers {
            let answer = try service.sql("\(statement) \(format)")
            #expect(answer.status == 200 && answer.header("Content-Type") == type)
            #expect(answer.text.hasPrefix(start), "\(format)")
        }
    }

    @Test(arguments: [
        "INSERT INTO clicks_local SELECT * FROM clicks_local", "DROP TABLE clicks_local",
        "SELECT * FROM file('/etc/passwd')",
        "SELECT file('/etc/hostname')", "SELECT * FROM url('http://127.0.0.1/')", "SET readonly = 0",
        "SELECT 1 SETTINGS max_threads = 9",
        "SELECT 1; SELECT 2", "KILL QUERY WHERE 1", "SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)", "SELEC",
        "",
        "SELECT 1 INTO OUTFILE '/tmp/cinelog-outfile'", "SYSTEM SHUTDOWN", "CREATE TABLE t (a Int8) ENGINE = Memory",
    ])
    func `SQL that is more than reading is refused with a reason`(statement: String) throws {
        let answer = try service.sql(statement)
        #expect(answer.status == 400, "\(answer.text)")
        #expect(try answer.json { $0["errors"]?.elements.contains { !($0["message"]?.string ?? "").isEmpty } } == true)
    }

    @Test func `Metrics tell of both processes`() throws {
        #expect(try service.post("/clicks/", #"{"obj_id":"a"}"#).status == 201)
        let text = try service.get(service.admin + "/metrics").text
        for name in [
            "cinelog_http_requests_total{route=\"/clicks\",status=\"201\"}", "cinelog_log_commit_seconds_bucket",
            "cinelog_backlog_events{topic=\"clicks\"}", "cinelog_insert_seconds_count", "cinelog_collect_memory_bytes",
            "cinelog_store_memory_bytes", "cinelog_events_accepted_total{kind=\"click\"}",
        ] { #expect(text.contains(name), "\(name)") }
        let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(Set(types).count == types.count, "a metric is declared twice")
    }

    @Test func `The first page and its numbers are there`() throws {
        let name = mark()
        #expect(try service.post("/clicks/", #"{"obj_id":"\#(name)"}"#).status == 201)
        _ = try service.rows("SELECT count() FROM clicks WHERE obj_id = '\(name)'", within: 1500) { $0 == ["1"] }
        #expect(try service.get(service.admin + "/").header("Content-Type")?.hasPrefix("text/html") == true)
        usleep(1_000_000)  // the overview is worked out once a second
        let overview = try service.get(service.admin + "/v1/insights/overview")
        #expect(overview.status == 200)
        #expect(try overview.json { $0["latest"]?.elements.contains { $0["subject"]?.string == name } } == true)
        #expect(
            try overview.json { $0["kinds"]?.elements.map { $0["kind"]?.string } } == [
                "click", "page", "film", "custom",
            ])
        #expect(try overview.json { $0["series"]?["counts"]?["click"]?.memberCount } == 90)
        #expect(try overview.json { $0["collector"]?["up"]?.bool } == true)
    }

    @Test func `The admin address answers no foreign page`() throws {
        let foreign = try service.get(service.admin + "/v1/insights/overview", headers: [("Host", "evil.example")])
        #expect(foreign.status == 403)
        let page = try service.get(
            service.admin + "/v1/insights/overview", headers: [("Origin", "https://evil.example")])
        #expect(page.status == 403)
    }
}
