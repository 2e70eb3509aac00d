import Events

/// The statements behind the first page. Each answers one JSON text a row (JSONEachRow), put into the page's JSON as it is.
enum OverviewQueries {
    static let stepSeconds = 10
    static let steps = 90

    /// kind, total, last_minute
    static let totals: String =
        ordered("kind, `table`, total, last_minute") { kind in
            """
            SELECT \(kind.rawValue) AS place, '\(kind.type)' AS kind, '\(kind.topic)' AS `table`, count() AS total,
                countIf(time > now() - INTERVAL 1 MINUTE) AS last_minute FROM \(kind.topic)
            """
        }

    /// kind, and its counts by step, the oldest first
    static let series: String =
        ordered("kind, counts") { kind in
            """
            SELECT \(kind.rawValue) AS place, '\(kind.type)' AS kind, arrayMap(step -> toUInt64(countEqual(groupArray(at), step)), range(\(steps))) AS counts
            FROM (SELECT intDiv(toUnixTimestamp(time) - \(start), \(stepSeconds)) AS at FROM \(kind.topic)
                WHERE time >= toDateTime(\(start), 'UTC') AND time < toDateTime(\(start) + \(steps * stepSeconds), 'UTC'))
            """
        }

    /// One row a kind, in the kinds' order.
    private static func ordered(_ columns: String, _ select: (EventKind) -> String) -> String {
        let all = EventKind.allCases.map(select).joined(separator: " UNION ALL ")
        return "SELECT \(columns) FROM (\(all)) ORDER BY place"
    }

    /// When the series begins: whole steps, the last one complete.
    static let start = "(intDiv(toUnixTimestamp(now()), \(stepSeconds)) - \(steps)) * \(stepSeconds)"

    /// The columns' names in the answer are none of the tables': within a statement an old server takes them for those.
    static let latest: String =
        "SELECT happened AS time, arrived AS received_at, kind, id AS event_id, user AS user_id, anonymous_id, subject, "
        + "judged AS verdict, sorted FROM ("
        + EventKind.allCases.map { kind in
            """
            SELECT formatDateTime(time, '%FT%TZ', 'UTC') AS happened, formatDateTime(received_at, '%FT%TZ', 'UTC') AS arrived,
                '\(kind.type)' AS kind, toString(event_id) AS id,
                if(user_id = toUUID('\(UUID.none)'), NULL, toString(user_id)) AS user, anonymous_id,
                \(subject(kind)) AS subject, toString(verdict) AS judged, received_at AS sorted
            FROM \(kind.topic) WHERE time > now() - INTERVAL 1 DAY ORDER BY sorted DESC LIMIT 20
            """
        }.map { "SELECT * FROM (\($0))" }.joined(separator: " UNION ALL ")
        + ") ORDER BY sorted DESC LIMIT 20"

    private static func subject(_ kind: EventKind) -> String {
        switch kind {
        case .click: "obj_id"
        case .page: "url"
        case .film: "concat(toString(film_id), ' at ', substring(timecode, 1, 8))"
        case .custom: "if(name = '', information, name)"
        }
    }
}
