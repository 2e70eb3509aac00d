import Events
import HTTPClient
import Platform
import Testing
import Warehouse

extension AnswerTests {
    @Suite struct SQLTests {
        @Test func `An answer comes in the format asked for, with its media type`() throws {
            let desk = try Desk()
            let plain = try desk.sql("SELECT 1 AS a, 'é' AS b")
            #expect(plain.status == 200 && plain.body.string == "a\tb\n1\té\n")
            #expect(plain.header("Content-Type") == "text/tab-separated-values; charset=utf-8")
            let lines = try desk.sql("SELECT number FROM numbers(3)", path: "/v1/sql?format=JSONEachRow")
            #expect(lines.body.string.split(separator: "\n").count == 3)
            #expect(lines.header("Content-Type") == "application/x-ndjson")
            let own = try desk.sql("SELECT 1 AS a FORMAT CSVWithNames", path: "/v1/sql?format=JSON")
            #expect(own.body.string == "\"a\"\n1\n" && own.header("Content-Type") == "text/csv; charset=utf-8")
            #expect(
                try desk.get("/v1/sql?query=SELECT%20count()%20>=%200%20FROM%20clicks&format=TSV").body.string == "1\n")
            let nothing = try desk.sql("SELECT 1 WHERE 0 FORMAT TSV")
            #expect(nothing.status == 200 && nothing.body.string.isEmpty)
        }

        @Test(arguments: ["", "   \n", "SELEKT 1", "SELECT nonsense", "DROP TABLE clicks", "SELECT 1 FORMAT Nonsense"])
        func `An error before the first byte has its status and its reason`(statement: String) throws {
            let desk = try Desk()
            let answer = try desk.sql(statement)
            #expect(answer.status == 400, "\(statement): \(answer.status) \(answer.body.string)")
            #expect(answer.header("Content-Type") == "application/json" && answer.body.string.contains("\"errors\""))
        }

        @Test func `An error after the first bytes cuts the answer short`() throws {
            let desk = try Desk(limits: QueryLimits(rowsMax: 300_000))
            // More than the limit: many rows are sent before it is reached.
            #expect(throws: HTTPClientError.self) {
                _ = try desk.sql("SELECT number, repeat('x', 20) FROM numbers(1000000) FORMAT TSV")
            }
            // Within the limit the very same way is whole.
            let whole = try desk.sql("SELECT number FROM numbers(300000) FORMAT TSV")
            #expect(whole.status == 200 && whole.body.string.hasSuffix("\n299999\n"))
        }

        @Test func `Long queries hold up neither readiness nor metrics nor the overview`() async throws {
            let desk = try Desk()
            desk.warehouse.hold()
            let crowd = Crowd(3) { (try? desk.sql("SELECT 1 FORMAT TSV"))?.body.string }
            try await eventually { desk.warehouse.clientQuestions == 2 }
            for path in ["/readyz", "/metrics", "/v1/insights/overview"] { #expect(try desk.get(path).status == 200) }
            desk.warehouse.release()
            #expect(crowd.wait() == ["1\n", "1\n", "1\n"])
        }

        @Test func `Past the queue's bound queries are refused at once with the time to come again`() async throws {
            let desk = try Desk()
            desk.warehouse.hold()
            // Two run, 32 wait.
            let crowd = Crowd(40) { try? desk.sql("SELECT 1 FORMAT TSV") }
            try await eventually { crowd.now.count >= 6 }
            #expect(crowd.now.allSatisfy { $0?.status == 503 && $0?.header("Retry-After") == "1" })
            desk.warehouse.release()
            let statuses = crowd.wait().map { $0?.status }
            // Fewer where all came before the first two had begun.
            #expect((32...34).contains(statuses.count { $0 == 200 }))
            #expect(statuses.allSatisfy { $0 == 200 || $0 == 503 })
        }

        @Test func `A query whose client was told that it took too long gives its thread back`() async throws {
            let desk = try Desk(answerMilliseconds: 300)
            // More than fits between the query and a client that does not read.
            let large = "SELECT repeat('x', 1000) FROM numbers(20000) FORMAT TSV"
            for round in 1...3 {
                desk.warehouse.hold()
                #expect(try desk.sql(large).status == 503)
                try await eventually { desk.warehouse.clientQuestions == round }
                desk.warehouse.release()
            }
            // Three late ones and two threads: this one has none left unless they come back.
            try await eventually(within: 20_000) { try desk.sql("SELECT 7 FORMAT TSV").body.string == "7\n" }
        }
    }
}
