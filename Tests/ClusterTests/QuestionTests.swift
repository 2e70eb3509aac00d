import Events
import Foundation
import Glibc
import HTTPClient
import TestSupport
import Testing
import Warehouse

extension ClusterTests {
    /// Foundation has a UUID too.
    @Suite("Questions of Insights") struct QuestionTests {
        private static let paths = [
            "totals", "rates", "live", "platforms", "clicks", "pages", "events",
            "event_properties?name=quality_changed",
            "event_values?name=quality_changed&property=to", "films", "films/\(CountedEvening.film)",
            "titles?film=\(CountedEvening.film)", "funnel?step=page&step=click", "retention",
        ]

        @Test("The evening counted by hand is answered as within the process, whichever node is away")
        func counted() throws {
            var story = try Story(try ClusterTests.cluster())
            defer { story.end() }
            CountedEvening.tell(&story.lines)
            try story.tell()
            for shard in [0, 2] {
                #expect(
                    try story.cluster.nodes[shard].number("SELECT count() FROM views_local") > 0, "both shards count")
            }
            try story.expect(CountedEvening.all)
            for node in story.cluster.nodes {
                node.process.kill()
                try story.expect(CountedEvening.totals + CountedEvening.films)
                try node.process.start()
                try node.waitUntilReady()
            }
            try story.expect(CountedEvening.all)
        }

        @Test("Every answer's statements run as they are at /v1/sql, and can be downloaded")
        func statements() throws {
            var story = try Story(try ClusterTests.cluster())
            defer { story.end() }
            CountedEvening.tell(&story.lines)
            try story.tell()
            for path in QuestionTests.paths {
                let body = try story.ask(path).body.string
                let answer = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
                let more = (answer["more_sql"] as? [String: String] ?? [:]).values
                for statement in [try #require(answer["sql"] as? String, "\(path): \(body)")] + more {
                    let rows = try story.service.sql(statement)
                    #expect(rows.status == 200, "\(path): \(rows.body.string.prefix(600))")
                }
                let and = path.contains("?") ? "&" : "?"
                let file = try story.ask(path + and + "format=csv")
                #expect(file.status == 200, "\(path): \(file.body.string.prefix(300))")
                // New servers know it, old ones say that they do not.
                let parquet = try story.ask(path + and + "format=parquet")
                #expect(
                    parquet.status == 200 || parquet.body.string.contains("Unknown format Parquet"),
                    "\(path): \(parquet.body.string.prefix(300))")
            }
        }

        @Test("Who is there now, and the first page")
        func now() throws {
            var story = try Story(try ClusterTests.cluster())
            defer { story.end() }
            let now = Date().timeIntervalSince1970 - Double(StoryLines.moment(0).unixMilliseconds) / 1000
            for viewer in ["ann", "bob", "cat", "dan"] {
                story.lines.add(.page, at: now - 30, by: viewer, #""url":"/a","duration":1"#)
            }
            story.lines.watch(CountedEvening.film, at: now - 40, by: "bob", position: 1, [(0, 1)])
            story.lines.watch(CountedEvening.film, at: now - 4000, by: "eve", position: 1, [])
            try story.tell()
            try story.expect([
                CountedAnswer(of: "live", "viewers watching seconds", "4 1 300"),
                CountedAnswer("live", "film_id viewers", ["\(CountedEvening.film) 1"]),
                CountedAnswer("funnel?step=film&step=page", "viewers", ["2", "1"]),
                CountedAnswer(of: "live?film=\(CountedEvening.other)", "viewers watching", "0 0"),
                CountedAnswer(
                    "overview", list: "kinds", count: 4, "kind table total",
                    [0: "click clicks 0", 1: "page pages 4", 2: "film views 2", 3: "custom custom_events 0"]),
                CountedAnswer("overview", list: "latest", count: 6, "verdict user_id", [0: " null"]),
            ])
        }

        @Test("No text of a parameter becomes SQL, and each finds its own")
        func hostile() throws {
            var story = try Story(try ClusterTests.cluster())
            defer { story.end() }
            let texts = [
                "' OR 1=1 --", #"\' OR 1=1 --"#, #"\"#, #"\\"#, "''", #"'\"#, "{a:String}", "%_*", "`\"",
                "\u{2019}\u{1}x", "a\nb\tc\r", "/* */ ; DROP TABLE clicks_local", "😀 é",
            ]
            for (at, text) in texts.enumerated() {
                let word = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
                story.lines.add(
                    .custom, at: Double(at), by: "viewer \(at)", platform: String(word.dropFirst().dropLast()),
                    "\"name\":\(word),\"information\":{\(word):\(word),\"b\":{\(word):1}}")
            }
            try story.tell()
            for text in texts {
                let said = try #require(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                try story.expect([
                    CountedAnswer("event_values?name=\(said)&property=\(said)", "value events", ["\(text) 1"]),
                    CountedAnswer(
                        "event_properties?name=\(said)&limit=1", "property events", [text < "b" ? "\(text) 1" : "b 1"]),
                    CountedAnswer("totals?platform=\(said)", "events", ["0", "0", "0", "1"]),
                    CountedAnswer("clicks?page=\(said)", "clicks", []),
                    CountedAnswer(
                        "funnel?step=custom:\(said)&step=page:\(said)", "what viewers",
                        ["custom:\(text) 1", "page:\(text) 0"]),
                ])
            }
            #expect(try story.service.rows("SELECT count() FROM custom_events") == ["\(texts.count)"])
        }
    }
}
