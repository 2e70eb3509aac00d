import Events
import Foundation
import HTTPClient
import Platform
import TestSupport
import Testing
import Warehouse

/// Foundation has another.
typealias UUID = Events.UUID

/// Events for the tables, written as the Collector writes them, and the answers about them.
final class Story {
    let desk: Desk
    private var lines = StoryLines()
    private var number = 0

    /// The tables are empty before, and are left so by `clear`.
    init() throws {
        desk = try Desk()
        try clear()
    }

    func clear() throws {
        for table in Table.all {
            try desk.warehouse.query("TRUNCATE TABLE \(table.storageName)", format: "Null") { _ in }
        }
    }

    static func moment(_ seconds: Double) -> Timestamp { StoryLines.moment(seconds) }

    static func uuid(_ number: Int) -> UUID { StoryLines.uuid(number) }

    func add(
        _ kind: EventKind, at seconds: Double, by viewer: String = "", user: UUID = .none, id: Int? = nil,
        arrived: Double? = nil, verdict: String = "", platform: String = "web", _ own: String
    ) {
        lines.add(
            kind, at: seconds, by: viewer, user: user, id: id, arrived: arrived, verdict: verdict, platform: platform,
            own)
    }

    func watch(
        _ film: UUID, at seconds: Double, by viewer: String, id: Int? = nil, arrived: Double? = nil,
        verdict: String = "",
        view: String = "", position: Double, duration: Double? = nil, _ watched: [(Double, Double)]
    ) {
        lines.watch(
            film, at: seconds, by: viewer, id: id, arrived: arrived, verdict: verdict, view: view, position: position,
            duration: duration, watched)
    }

    /// The evening that is counted by hand. Told once more, each event comes once more.
    func evening() throws -> Story {
        lines = StoryLines()
        CountedEvening.tell(&lines)
        try tell()
        return self
    }

    /// Inserts what was added since.
    func tell() throws {
        for (kind, text) in lines.take() {
            let bytes = ByteBuffer(text)
            number += 1
            try withExtendedLifetime(bytes) {
                try desk.warehouse.insert(
                    bytes.bytes, into: .events(kind), token: "\(kind)-\(number)-\(UInt64.random(in: 0 ... .max))")
            }
        }
    }

    // MARK: Asking

    /// The answer to `GET /v1/insights/` and the rest.
    func ask(_ rest: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
        let answer = try desk.get("/v1/insights/" + rest)
        #expect(answer.status == 200, "\(rest): \(answer.body.string.prefix(600))", sourceLocation: sourceLocation)
        let value = try JSONSerialization.jsonObject(with: Data(answer.body.bytes))
        return try #require(value as? [String: Any], sourceLocation: sourceLocation)
    }

    /// Its rows, each as the values of the named columns, in words.
    func rows(_ rest: String, _ columns: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
        let rows = try #require(
            try ask(rest, sourceLocation: sourceLocation)["rows"] as? [[String: Any]], sourceLocation: sourceLocation)
        return rows.map { $0.text(columns) }
    }

    /// Whether the answers are as counted.
    func expect(_ answers: [CountedAnswer], sourceLocation: SourceLocation = #_sourceLocation) throws {
        for answer in answers {
            let body = try desk.get("/v1/insights/" + answer.ask).body.string
            #expect(answer.fault(in: body) == nil, sourceLocation: sourceLocation)
        }
    }

    static func text(_ value: Any?) -> String { CountedAnswer.word(value) }
}

extension [String: Any] {
    func text(_ names: String) -> String { CountedAnswer.words(self, names) }
}
