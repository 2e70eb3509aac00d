import Events
import Foundation
import HTTPClient
import Insights
import Testing
import Warehouse

extension AnswerTests {
    @Suite struct QuestionTests {
        /// Parameters with which each question can be asked.
        private static let needed = [
            "event_properties": "name=a", "event_values": "name=a&property=b", "funnel": "step=page&step=click",
            "titles": "film=\(Story.uuid(1))",
        ]

        private static func path(_ question: Question) -> String {
            question.path.replacing("{film_id}", with: "\(Story.uuid(1))")
        }

        private func json(_ text: String) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }

        @Test(arguments: Question.all.map(\.name))
        func `An answer says what it is, names its columns, and its SQL runs as it is`(name: String) throws {
            let question = try #require(Question.all.first { $0.name == name })
            let story = try Story()
            let path = QuestionTests.path(question) + "?" + (QuestionTests.needed[name] ?? "")
            let answer = try json(try story.desk.get(path).body.string)
            #expect(answer["question"] as? String == name)
            #expect(
                (answer["computed"] as? [String: String]) == ["en": question.computed.en, "ru": question.computed.ru])
            #expect(answer["milliseconds"] is Double)
            let statements =
                [try #require(answer["sql"] as? String)]
                + Array((answer["more_sql"] as? [String: String] ?? [:]).values)
            for statement in statements {
                let result = try story.desk.sql(statement)
                #expect(result.status == 200, "\(result.body.string.prefix(400))")
            }
            guard let columns = answer["columns"] as? [[String: Any]] else { return #expect(name == "film") }
            #expect(columns.map { $0["name"] as? String } == question.columns.map(\.name))
        }

        @Test(arguments: Question.all.map(\.name))
        func `CSV and Parquet are downloads of the same columns`(name: String) throws {
            let question = try #require(Question.all.first { $0.name == name })
            let story = try Story()
            let path = QuestionTests.path(question) + "?" + (QuestionTests.needed[name].map { $0 + "&" } ?? "")
            let csv = try story.desk.get(path + "format=csv")
            #expect(csv.status == 200 && csv.header("Content-Type") == "text/csv; charset=utf-8")
            #expect(csv.header("Content-Disposition") == "attachment; filename=\"\(name).csv\"")
            let heading = csv.body.string.prefix { $0 != "\n" }
            #expect(heading == question.columns.map { "\"\($0.name)\"" }.joined(separator: ","))
            let parquet = try story.desk.get(path + "format=parquet")
            #expect(
                parquet.status == 200 && parquet.body.string.hasPrefix("PAR1"), "\(parquet.body.string.prefix(300))")
        }

        @Test(arguments: [
            ("totals?from=yesterday", "from"), ("totals?from=2026-11-24&to=2026-11-24", "to"),
            ("totals?to=1999-12-31", "to"),
            ("totals?from=2026-13-01", "from"), ("totals?verdict=all", "verdict"), ("totals?film=1", "film"),
            ("totals?from=2026-11-24&from=2026-11-25", "from"), ("clicks?limit=0", "limit"),
            ("clicks?limit=10001", "limit"),
            ("clicks?limit=1.5", "limit"), ("clicks?platform=" + String(repeating: "a", count: 513), "platform"),
            ("films?film=zz", "film"),
            ("films?threshold=2", "threshold"), ("films?threshold=nan", "threshold"), ("films/zz", "film_id"),
            ("films/\(Story.uuid(1))?step=0", "step"), ("events?format=xml", "format"),
            ("event_values?name=a", "property"),
            ("titles", "film"), ("titles?film=zz", "film"), ("funnel", "step"), ("funnel?step=page", "step"),
            ("funnel?step=page&step=film:zz", "step"),
            ("funnel?step=page&step=walk", "step"), ("funnel?step=page&step=click&window=0", "window"),
            ("rates?from=2020-01-01&to=2026-01-01&step=60", "step"), ("rates?step=7", "step"),
            ("live?seconds=1", "seconds"),
        ])
        func `A wrong parameter is named`(request: String, field: String) throws {
            let answer = try Desk().get("/v1/insights/" + request)
            #expect(answer.status == 422, "\(answer.body.string)")
            let error = (try json(answer.body.string)["errors"] as? [[String: String]])?.first
            #expect(error?["field"] == field && error?["message"]?.isEmpty == false)
        }

        @Test func `No text of a parameter becomes SQL`() throws {
            let story = try Story()
            defer { try? story.clear() }
            let evil = #"' OR 1=1 --\"#
            story.add(
                .custom, at: 1, by: "ann",
                #""name":"' OR 1=1 --\\","information":{"' OR 1=1 --\\":"x"},"url2":1"#.replacing(
                    #","url2":1"#, with: ""))
            story.add(.custom, at: 2, by: "ann", #""name":"other","information":{}"#)
            try story.tell()
            let said = evil.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
            #expect(try story.rows("event_values?name=\(said)&property=\(said)", "value events") == ["x 1"])
            #expect(try story.rows("event_properties?name=\(said)", "property") == [evil])
            for question in ["totals?platform=", "clicks?page=", "pages?page="] {
                #expect(try story.ask(question + said)["rows"] != nil)
            }
            #expect(
                try story.rows("funnel?step=custom:\(said)&step=custom:other", "what viewers") == [
                    "custom:\(evil) 1", "custom:other 1",
                ])
            #expect(
                try story.ask("totals?platform=\(said)")["parameters"] as? [String: String] == [
                    "platform": evil, "verdict": "good",
                ])
        }

        @Test func `More rows than asked for are told of`() throws {
            let story = try Story()
            defer { try? story.clear() }
            for name in ["a", "b", "c"] { story.add(.custom, at: 1, "\"name\":\"\(name)\",\"information\":{}") }
            try story.tell()
            for (limit, truncated) in [(2, true), (3, false)] {
                let answer = try story.ask("events?limit=\(limit)")
                #expect(answer["truncated"] as? Bool == truncated && (answer["rows"] as? [Any])?.count == limit)
                let csv = try story.desk.get("/v1/insights/events?limit=\(limit)&format=csv").body.string
                #expect(csv.split(separator: "\n").count == limit + 1)
            }
        }

        @Test func `Questions are for those who may read`() throws {
            let desk = try Desk(token: "secret")
            for path in ["questions", "totals", "films/\(Story.uuid(1))"] {
                #expect(try desk.get("/v1/insights/" + path).status == 401)
                #expect(try desk.get("/v1/insights/" + path, [("Authorization", "Bearer secret")]).status == 200)
            }
            #expect(try desk.get("/v1/insights/films/a/b").status == 404)
            #expect(try desk.get("/v1/insights/none").status == 404)
        }

        @Test func `The catalogue and openapi.json say of each question what is declared`() throws {
            let desk = try Desk()
            let catalogue = try #require(
                json(try desk.get("/v1/insights/questions").body.string)["questions"] as? [[String: Any]])
            #expect(catalogue.map { $0["path"] as? String } == Question.all.map(\.path))
            let paths = try #require(json(try desk.get("/openapi.json").body.string)["paths"] as? [String: Any])
            let described = Set(paths.keys.filter { $0.hasPrefix("/v1/insights/") })
            #expect(described == Set(Question.all.map(\.path) + ["/v1/insights/overview", "/v1/insights/questions"]))
            for question in Question.all {
                let operation = try #require((paths[question.path] as? [String: Any])?["get"] as? [String: Any])
                #expect(operation["summary"] as? String == question.title.en)
                #expect(operation["description"] as? String == question.computed.en)
                let named = try #require(operation["parameters"] as? [[String: Any]]).filter {
                    $0["in"] as? String == "query"
                }
                #expect(named.map { $0["name"] as? String } == question.parameters.map(\.name) + ["format"])
                #expect(
                    named.filter { $0["required"] as? Bool == true }.map { $0["name"] as? String }
                        == question.parameters.filter(\.isRequired).map(\.name))
            }
        }

        @Test func `Words are in both languages`() {
            for question in Question.all {
                let words =
                    [question.title, question.computed] + question.columns.map(\.words)
                    + question.parameters.map(\.words)
                for word in words {
                    #expect(
                        !word.en.isEmpty && word.ru.unicodeScalars.contains { (0x400...0x4FF).contains($0.value) },
                        "\(word)")
                }
            }
        }
    }
}
