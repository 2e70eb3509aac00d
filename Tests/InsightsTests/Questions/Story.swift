import Events
import Foundation
import HTTPClient
import Platform
import Testing
import Warehouse

/// Foundation has another.
typealias UUID = Events.UUID

/// Events for the tables, written as the Collector writes them, and the answers about them.
final class Story {
    let desk: Desk
    private var lines: [EventKind: String] = [:]
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

    /// 2026-11-24T00:00:00Z, a Tuesday, and so many seconds.
    static func moment(_ seconds: Double) -> Timestamp {
        Timestamp(unixMilliseconds: 1_795_478_400_000 + Int64((seconds * 1000).rounded()))
    }

    static func uuid(_ number: Int) -> UUID { UUID(high: 0x0193_579a_0000_7000, low: 0x8000 << 48 | UInt64(number)) }

    /// - Parameters:
    ///   - own: the kind's own fields and others, as JSON members.
    ///   - id: nil: another event.
    func add(
        _ kind: EventKind, at seconds: Double, by viewer: String = "", user: UUID = .none, id: Int? = nil,
        arrived: Double? = nil, verdict: String = "", platform: String = "web", _ own: String
    ) {
        number += 1
        let line = ByteBuffer(
            "{\"event_id\":\"\(Story.uuid(id ?? 1_000_000 + number))\",\"user_id\":\"\(user)\",\"time\":\"")
        line.appendClickHouse(Story.moment(seconds))
        line.append("\",\"received_at\":\"")
        line.appendClickHouse(Story.moment(arrived ?? seconds + 1))
        line.append(
            "\",\"anonymous_id\":\"\(viewer)\",\"platform\":\"\(platform)\",\"verdict\":\"\(verdict)\",\(own)}\n")
        lines[kind, default: ""] += line.string
    }

    func watch(
        _ film: UUID, at seconds: Double, by viewer: String, id: Int? = nil, arrived: Double? = nil,
        verdict: String = "",
        view: String = "", position: Double, duration: Double? = nil, _ watched: [(Double, Double)]
    ) {
        let intervals = watched.map { "[\($0.0),\($0.1)]" }.joined(separator: ",")
        add(
            .film, at: seconds, by: viewer, id: id, arrived: arrived, verdict: verdict,
            """
            "film_id":"\(film)","timecode":"00:00:00.000000","position":\(position),"view_id":"\(view)",\
            "watched":[\(intervals)]\(duration.map { ",\"duration\":\($0)" } ?? "")
            """)
    }

    /// Inserts what was added since.
    func tell() throws {
        for (kind, text) in lines {
            let bytes = ByteBuffer(text)
            number += 1
            try withExtendedLifetime(bytes) {
                try desk.warehouse.insert(
                    bytes.bytes, into: .events(kind), token: "\(kind)-\(number)-\(UInt64.random(in: 0 ... .max))")
            }
        }
        lines = [:]
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
        return rows.map { row in
            columns.split(separator: " ").map { Story.text(row[String($0)]) }.joined(separator: " ")
        }
    }

    static func text(_ value: Any?) -> String {
        switch value {
        case nil: "absent"
        case is NSNull: "null"
        case let number as NSNumber: "\(number)"
        case let list as [Any]: "[" + list.map { text($0) }.joined(separator: ",") + "]"
        default: "\(value!)"
        }
    }
}

extension [String: Any] {
    func text(_ names: String) -> String {
        names.split(separator: " ").map { Story.text(self[String($0)]) }.joined(separator: " ")
    }
}
