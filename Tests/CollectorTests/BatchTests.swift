import Collector
import EventLog
import Events
import HTTPClient
import Testing

@Suite struct BatchTests {
    private static let bad = #"{"type":"click","obj_id":7}"#

    private struct Summary: Equatable {
        var accepted: Int
        var rejected: Int
        /// "+" for an accepted event, its index for a rejected one, in the results' order.
        var results: String
    }

    private func summary(_ answer: HTTPClientResponse) throws -> Summary {
        try answer.json { value in
            let results = value["results"]?.elements.map { result in
                if result["status"]?.string == "accepted", result["event_id"]?.string?.utf8.count == 36 { return "+" }
                guard result["status"]?.string == "rejected", result["error"]?.string?.isEmpty == false,
                    result["field"]?.string != nil, let errors = result["errors"], errors.memberCount > 0
                else { return "?" }
                return "\(result["index"]?.int ?? -1)"
            }
            return Summary(
                accepted: Int(value["accepted"]?.int ?? -1), rejected: Int(value["rejected"]?.int ?? -1),
                results: (results ?? []).joined(separator: " "))
        }
    }

    @Test func `each event has its result, in order; the status tells of all`() throws {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        let (good, bad) = (Sample.typedClick, BatchTests.bad)
        let cases: [(events: [String], status: Int, results: String)] = [
            ([good], 201, "+"), ([good, good, good], 201, "+ + +"), ([good, bad], 207, "+ 1"),
            ([bad, good], 207, "0 +"),
            ([bad, good, bad, good, bad], 207, "0 + 2 + 4"), ([bad], 422, "0"), ([bad, bad], 422, "0 1"),
            ([#""text""#, good, "null", "7"], 207, "0 + 2 3"),
        ]
        var stored = 0
        for (events, status, results) in cases {
            let accepted = results.split(separator: " ").filter { $0 == "+" }.count
            let expected = Summary(accepted: accepted, rejected: events.count - accepted, results: results)
            let list = events.joined(separator: ",")
            var bodies = [("application/json", "[\(list)]"), ("application/json", #"{"events":[\#(list)]}"#)]
            bodies.append(("application/x-ndjson", events.joined(separator: "\n")))
            if events.count > 1 { bodies.append(("text/plain", events.joined(separator: "\n"))) }
            for (type, body) in bodies {
                let answer = try test.post("/v1/events", body, type: type)
                #expect(answer.status == status, "\(body)")
                #expect(try summary(answer) == expected, "\(body)")
                stored += accepted
            }
        }
        #expect(log.lines.count == stored)
    }

    @Test func `a rejected event's text is told safely`() throws {
        let test = try TestCollector(ScriptedLog())
        let body = #"[{"type":"quote\" \\ \u0001 <b> é","obj_id":"x"},{"type":"click","obj_id":"x","obj_id":"y"}]"#
        let answer = try test.post("/v1/events", body)
        #expect(answer.status == 422)
        #expect(try summary(answer) == Summary(accepted: 0, rejected: 2, results: "0 1"))
    }

    // MARK: Lines

    @Test(arguments: [
        "A\nB", "A\nB\n", "A\r\nB\r\n", "\n\nA\n \t\n\r\nB\n\n", "A\n\nB", "  A  \n\tB\t", "A\n\r\n\rB",
    ])
    func `lines end as they like, and blank ones do not count`(form: String) throws {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        let body = form.replacing("A", with: Sample.typedClick).replacing("B", with: BatchTests.bad)
        let answer = try test.post("/v1/events", body, type: "application/x-ndjson")
        #expect(answer.status == 207)
        #expect(try summary(answer) == Summary(accepted: 1, rejected: 1, results: "+ 1"))
        #expect(log.lines.count == 1)
    }

    @Test(arguments: ["", "\n", "\r\n\r\n", " \t\n "]) func `no line is no event`(body: String) throws {
        let test = try TestCollector(ScriptedLog())
        let answer = try test.post("/v1/events", body, type: "application/x-ndjson")
        #expect(answer.status == 422)
        #expect(try answer.errorFields() == [""])
    }

    @Test func `a line that is no JSON spoils no other`() throws {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        let body = "\(Sample.typedClick)\n{\"type\":\n\(Sample.typedClick)\n{}}\n[\n\(Sample.typedClick)"
        let answer = try test.post("/v1/events", body, type: "application/x-ndjson")
        #expect(answer.status == 207)
        #expect(try summary(answer) == Summary(accepted: 3, rejected: 3, results: "+ 1 + 3 4 +"))
        #expect(log.lines.count == 3)
    }

    @Test func `a batch over its limit is refused as a whole, in every form`() throws {
        let log = ScriptedLog()
        let test = try TestCollector(log) { $0.options.batchEventsMax = 3 }
        let four = Array(repeating: Sample.typedClick, count: 4)
        for (type, body) in [
            ("application/json", "[\(four.joined(separator: ","))]"),
            ("application/json", #"{"events":[\#(four.joined(separator: ","))]}"#),
            ("application/x-ndjson", four.joined(separator: "\n")), ("text/plain", four.joined(separator: "\n")),
        ] {
            let answer = try test.post("/v1/events", body, type: type)
            #expect(answer.status == 413)
            #expect(try answer.errorFields() == [""])
        }
        #expect(log.lines.isEmpty)
        let three = four.dropLast().joined(separator: "\n")
        #expect(try test.post("/v1/events", three, type: "application/x-ndjson").status == 201)
        #expect(log.lines.count == 3)
    }

    @Test func `the largest batch of the default limits is taken whole`() throws {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        let answer = try test.post(
            "/v1/events", "[" + Array(repeating: Sample.typedClick, count: 2_000).joined(separator: ",") + "]")
        #expect(answer.status == 201)
        #expect(try summary(answer).accepted == 2_000)
        #expect(log.lines.count == 2_000)
        let ids = try answer.json { Set($0["results"]?.elements.compactMap { $0["event_id"]?.string } ?? []) }
        #expect(ids.count == 2_000)
    }

    @Test func `validation answers the same and stores nothing`() throws {
        let log = ScriptedLog(.refuse(.full))
        let test = try TestCollector(log)
        let good = try test.post("/v1/validate", "[\(Sample.typedClick)]")
        #expect(good.status == 201)
        #expect(try summary(good) == Summary(accepted: 1, rejected: 0, results: "+"))
        #expect(try test.post("/v1/validate", "[\(Sample.typedClick),\(BatchTests.bad)]").status == 207)
        #expect(try test.post("/v1/validate", "[\(BatchTests.bad)]").status == 422)
        #expect(log.lines.isEmpty)
    }
}
