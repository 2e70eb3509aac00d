import Events
import Foundation
import HTTPClient
import Testing

/// Every text of json-corpus.tsv, sent to the real collector: alone, in a list between two good events, and on a line between two.
@Suite struct JSONCorpusTests {
    @Test func `the corpus is whole`() {
        #expect(JSONCase.all.count >= 300)
        #expect(Set(JSONCase.all.map(\.name)).count == JSONCase.all.count)
        for outcome in [JSONCase.Outcome.accepted, .malformed, .unreadable, .deep, .invalid, .large, .noEvent] {
            #expect(JSONCase.all.contains { $0.outcome == outcome })
        }
    }

    @Test func `alone, each text is taken or refused, with its field and reason`() throws {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        for one in JSONCase.all {
            let before = log.lines.count
            let answer = try test.post(one.path, one.text)
            #expect(answer.status == one.statusAlone, "\(one.name): \(answer.body.string.prefix(200))")
            #expect(log.lines.count - before == (one.outcome == .accepted ? 1 : 0), "\(one.name)")
            guard one.outcome != .accepted else {
                try expectSame(one, try #require(log.lines.last))
                continue
            }
            guard one.outcome != .large else { continue }
            #expect(try answer.errorFields()?.first == one.fields.alone, "\(one.name): \(answer.body.string)")
            #expect(answer.body.string.contains(one.quotedReason), "\(one.name): \(answer.body.string)")
        }
    }

    @Test func `in a list, each text is taken or refused, and its neighbours are not if it can be told from them`()
        throws
    {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        for one in JSONCase.all {
            let before = log.lines.count
            let answer = try test.post("/v1/events", one.inList)
            #expect(answer.status == one.statusInList, "\(one.name): \(answer.body.string.prefix(200))")
            let stored = [201: 3, 207: 2][one.statusInList] ?? 0
            #expect(log.lines.count - before == stored, "\(one.name)")
            if one.statusInList == 207 { try expectOneRefused(one, answer, field: one.fields.batch) }
            if one.statusInList == 422 || one.statusInList == 400 {
                #expect(try answer.errorFields()?.first == one.fields.batch, "\(one.name): \(answer.body.string)")
            }
        }
    }

    @Test func `on a line, each text is taken or refused, and its neighbours are taken`() throws {
        let log = ScriptedLog()
        let test = try TestCollector(log)
        for one in JSONCase.all where one.isOneLine {
            let before = log.lines.count
            let answer = try test.post("/v1/events", one.onLine, type: "application/x-ndjson")
            #expect(
                answer.status == (one.outcome == .accepted ? 201 : 207),
                "\(one.name): \(answer.body.string.prefix(200))")
            #expect(log.lines.count - before == (one.outcome == .accepted ? 3 : 2), "\(one.name)")
            let field = one.outcome == .large ? one.fields.alone : one.fields.batch
            if one.outcome != .accepted { try expectOneRefused(one, answer, field: field) }
        }
    }

    private func expectOneRefused(_ one: JSONCase, _ answer: HTTPClientResponse, field: String) throws {
        try answer.json { value in
            let results = value["results"].map { Array($0.elements) } ?? []
            #expect(results.map { $0["status"]?.string } == ["accepted", "rejected", "accepted"], "\(one.name)")
            guard results.count == 3 else { return }
            #expect(results[1]["index"]?.int == 1, "\(one.name)")
            #expect(results[1]["field"]?.string == field, "\(one.name): \(answer.body.string)")
            if one.outcome != .large, one.outcome != .noEvent, one.fields.alone == one.fields.batch {
                #expect(results[1]["error"]?.string?.contains(one.reason) == true, "\(one.name): \(answer.body.string)")
            }
        }
    }

    /// What is stored says what was sent, by another parser's reading of both.
    private func expectSame(_ one: JSONCase, _ line: String) throws {
        let stored = try object(Array(line.drop { $0 != "{" }.utf8), one)
        let sent = try object(one.text, one)
        for field in ["obj_id", "url", "duration", "information"] {
            #expect(
                stored[field] as? NSObject == sent[field].flatMap { $0 is NSNull ? nil : $0 } as? NSObject,
                "\(one.name)")
        }
    }

    private func object(_ text: [UInt8], _ one: JSONCase) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any], "\(one.name)")
    }
}

extension JSONCase {
    private static let good = Array(Sample.typedClick.utf8)

    var inList: [UInt8] {
        Array("[".utf8) + JSONCase.good + Array(",".utf8) + text + Array(",".utf8) + JSONCase.good + Array("]".utf8)
    }
    var onLine: [UInt8] { JSONCase.good + Array("\n".utf8) + text + Array("\n".utf8) + JSONCase.good }

    var statusAlone: Int {
        switch outcome {
        case .accepted: 201
        case .malformed, .noEvent: 400
        case .unreadable, .deep, .invalid: 422
        case .large: 413
        }
    }

    var statusInList: Int {
        switch outcome {
        case .accepted, .deep: 201
        case .malformed: 400
        case .unreadable: 422
        case .noEvent, .invalid: 207
        case .large: fields.batch == "-" ? 201 : 207
        }
    }

    /// As it stands in an answer.
    var quotedReason: String { reason.replacing("\"", with: "\\\"") }
}
