public import Events

/// Events for the tables, written as the Collector writes them: canonical lines.
public struct StoryLines {
    /// Those of each kind, with their ends.
    public private(set) var lines: [EventKind: String] = [:]
    private var number = 0

    public init() {}

    /// 2026-11-24T00:00:00Z, a Tuesday, and so many seconds.
    public static func moment(_ seconds: Double) -> Timestamp {
        Timestamp(unixMilliseconds: 1_795_478_400_000 + Int64((seconds * 1000).rounded()))
    }

    public static func uuid(_ number: Int) -> UUID {
        UUID(high: 0x0193_579a_0000_7000, low: 0x8000 << 48 | UInt64(number))
    }

    /// Those so far, which are forgotten.
    public mutating func take() -> [EventKind: String] {
        defer { lines = [:] }
        return lines
    }

    /// - Parameters:
    ///   - own: the kind's own fields and others, as JSON members.
    ///   - id: nil: another event.
    public mutating func add(
        _ kind: EventKind, at seconds: Double, by viewer: String = "", user: UUID = .none, id: Int? = nil,
        arrived: Double? = nil, verdict: String = "", platform: String = "web", _ own: String
    ) {
        number += 1
        let line = ByteBuffer(
            "{\"event_id\":\"\(StoryLines.uuid(id ?? 1_000_000 + number))\",\"user_id\":\"\(user)\",\"time\":\"")
        line.appendClickHouse(StoryLines.moment(seconds))
        line.append("\",\"received_at\":\"")
        line.appendClickHouse(StoryLines.moment(arrived ?? seconds + 1))
        line.append(
            "\",\"anonymous_id\":\"\(viewer)\",\"platform\":\"\(platform)\",\"verdict\":\"\(verdict)\",\(own)}\n")
        lines[kind, default: ""] += line.string
    }

    public mutating func watch(
        _ film: UUID, at seconds: Double, by viewer: String, id: Int? = nil, arrived: Double? = nil,
        verdict: String = "", view: String = "", position: Double, duration: Double? = nil,
        _ watched: [(Double, Double)], extra: String = ""
    ) {
        let intervals = watched.map { "[\($0.0),\($0.1)]" }.joined(separator: ",")
        add(
            .film, at: seconds, by: viewer, id: id, arrived: arrived, verdict: verdict,
            """
            "film_id":"\(film)","timecode":"00:00:00.000000","position":\(position),"view_id":"\(view)",\
            "watched":[\(intervals)]\(duration.map { ",\"duration\":\($0)" } ?? "")\(extra)
            """)
    }
}
