import Events
import HTTPClient
import Insights
import Platform
import TestSupport
import Testing
import Warehouse

extension AnswerTests {
    @Suite struct OverviewTests {
        /// What a test looks at, read while the parser is alive.
        private struct Page: Equatable {
            var totals: [String: Int64] = [:]
            var counts: [String: [Int64]] = [:]
            var latest: [String?] = []
            var backlog: [String?] = []
            var isCollectorUp: Bool?
            var memoryBytes: Int64 = 0
            var from = ""
        }

        private func page(_ desk: Desk) throws -> Page {
            let answer = try desk.get("/v1/insights/overview")
            #expect(answer.status == 200 && answer.header("Content-Type") == "application/json")
            let parser = JSONParser(capacityMax: 1 << 20, depthMax: 16)
            let scratch = ByteBuffer()
            return try withExtendedLifetime((parser, scratch)) {
                let root = try parser.parse(copying: answer.body.bytes, into: scratch)
                var page = Page()
                root["kinds"]?.elements.forEach { page.totals[$0["table"]?.string ?? ""] = $0["total"]?.int }
                for kind in EventKind.allCases {
                    page.counts[kind.type] = root["series"]?["counts"]?[kind.type]?.elements.compactMap(\.int)
                }
                page.latest = root["latest"]?.elements.map { $0["subject"]?.string } ?? []
                page.backlog = root["backlog"]?.elements.map { $0["topic"]?.string } ?? []
                page.isCollectorUp = root["collector"]?["up"]?.bool
                page.memoryBytes = root["store"]?["memory_bytes"]?.int ?? 0
                page.from = root["series"]?["from"]?.string ?? ""
                return page
            }
        }

        private func insert(_ desk: Desk, _ kind: EventKind, _ own: String, count: Int) throws {
            var identifiers = UUIDGenerator()
            let lines = ByteBuffer()
            let now = Clock.unixMilliseconds()
            for _ in 0..<count {
                lines.append(
                    "{\"event_id\":\"\(identifiers.next(unixMilliseconds: now))\",\"user_id\":\"\(UUID.none)\",")
                // Half a minute ago: in the steps that are complete.
                for (name, time) in [("time", now - 30_000), ("received_at", now)] {
                    lines.append("\"\(name)\":\"")
                    lines.appendClickHouse(Timestamp(unixMilliseconds: time))
                    lines.append("\",")
                }
                lines.append(own + "}\n")
            }
            try withExtendedLifetime(lines) {
                try desk.warehouse.insert(lines.bytes, into: .events(kind), token: "\(kind)-\(now)")
            }
        }

        @Test func `The overview is well-formed JSON on empty and on filled tables`() throws {
            let empty = try page(try Desk())
            #expect(empty.totals == ["clicks": 0, "pages": 0, "views": 0, "custom_events": 0])
            for kind in EventKind.allCases { #expect(empty.counts[kind.type] == Array(repeating: 0, count: 90)) }
            #expect(empty.latest.isEmpty && empty.backlog.isEmpty && empty.isCollectorUp == false)
            #expect(empty.memoryBytes > 0 && empty.from.count == 20 && empty.from.hasSuffix("Z"))

            let folder = Service.temporaryFolder()
            defer { _ = Service.shell("rm -rf '\(folder)'") }
            let collector = ScriptedServer(unixSocket: folder + "/c.sock") { _ in
                .answer(200, headers: [], "collector_up 1\n")
            }
            defer { collector.stop() }
            let rows = EventKind.allCases.map {
                BacklogRow(topic: $0.topic, events: 1, bytes: 2, oldestAgeMilliseconds: 3)
            }
            let desk = try Desk(collector: folder + "/c.sock", backlog: rows)
            let nasty = #"quote \" slash \\ line\nend tab\t é 🎬 \u0001"#
            try insert(desk, .click, "\"obj_id\":\"\(nasty)\"", count: 2)
            try insert(desk, .page, "\"url\":\"/\",\"duration\":1", count: 3)
            try insert(
                desk, .film, #""film_id":"b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89","timecode":"00:41:07.5","position":1"#,
                count: 4)
            try insert(desk, .custom, #""name":"","information":{"a":"b\"c"}"#, count: 15)
            let filled = try page(desk)
            #expect(filled.totals == ["clicks": 2, "pages": 3, "views": 4, "custom_events": 15])
            for (kind, count) in [("click", 2), ("page", 3), ("film", 4), ("custom", 15)] as [(String, Int64)] {
                #expect(filled.counts[kind]?.reduce(0, +) == count, "\(kind)")
            }
            #expect(filled.latest.count == 20)
            let subjects = Set(filled.latest)
            #expect(
                subjects.isSubset(of: [
                    "quote \" slash \\ line\nend tab\t é 🎬 \u{1}", "/",
                    "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89 at 00:41:07",
                    #"{"a":"b\"c"}"#,
                ]))
            #expect(filled.backlog == EventKind.allCases.map(\.topic))
            #expect(filled.isCollectorUp == true)
            #expect(try desk.get("/metrics").body.string.hasPrefix("collector_up 1\n"))
        }

        @Test func `However many ask at once, it is worked out once`() throws {
            let desk = try Desk()
            let answers = Crowd(12) { try? desk.get("/v1/insights/overview") }.wait()
            #expect(answers.count == 12 && answers.allSatisfy { $0?.status == 200 })
            // All within its time of being fresh, unless the machine was held up for that long.
            let times = Set(answers.compactMap { $0?.body.string.prefix(40) })
            #expect(times.count <= 2)
            let asked = Dictionary(grouping: desk.warehouse.questions) { $0 }.mapValues(\.count)
            #expect(asked.values.allSatisfy { $0 == times.count }, "\(asked.values)")
        }

        @Test func `A failure is told with its reason, is kept for a moment too, and passes`() async throws {
            let desk = try Desk()
            desk.warehouse.fail(.unavailable("out of memory"))
            for _ in 0..<3 {
                let answer = try desk.get("/v1/insights/overview")
                #expect(answer.status == 503 && answer.body.string.contains("out of memory"))
            }
            #expect(desk.warehouse.questions.count <= 2)
            desk.warehouse.fail(nil)
            try await eventually { try desk.get("/v1/insights/overview").status == 200 }
        }
    }
}
