import Events
import Warehouse

extension Question {
    static let totals = Question(
        "totals", Words("Totals", "Всего"),
        computed: Words(
            "Every event once, and the different viewers they are of.",
            "Каждое событие один раз и число разных зрителей."),
        parameters: [.from, .to, .platform, .verdict],
        columns: [
            AnswerColumn("kind", .label, "Kind", "Вид"), AnswerColumn("table", .label, "Table", "Таблица"),
            AnswerColumn("events", .count, "Events", "События"), AnswerColumn("viewers", .count, "Viewers", "Зрители"),
            AnswerColumn("first", .time, "First", "Первое"), AnswerColumn("last", .time, "Last", "Последнее"),
        ]
    ) { asking in
        let kinds = EventKind.allCases.map { asking.totals(of: $0) }.joined(separator: "\nUNION ALL\n")
        return Answer(rows: "SELECT kind, table, events, viewers, first, last FROM\n(\n\(kinds)\n)\nORDER BY place")
    }

    static let platforms = Question(
        "platforms", Words("Platforms", "Платформы"),
        computed: Words(
            "The platforms that events name, by the different viewers on each.",
            "Платформы из событий по числу разных зрителей на каждой."),
        parameters: [.from, .to, .verdict, .limit],
        columns: [
            AnswerColumn("platform", .label, "Platform", "Платформа"),
            AnswerColumn("viewers", .count, "Viewers", "Зрители"),
        ]
    ) { asking in
        let rows = asking.viewerRows("platform").joined(separator: "\nUNION ALL\n")
        return Answer(
            rows: """
                SELECT platform, uniqExact(viewer) AS viewers FROM
                (
                \(rows)
                )
                GROUP BY platform ORDER BY viewers DESC, platform LIMIT \(asking.filter.rowsMax + 1)
                """, limit: asking.filter.rowsMax)
    }
}

extension Asking {
    /// Who was there is read from `watched` and `seen`: there are many events for each of their rows.
    fileprivate func totals(of kind: EventKind) -> String {
        let who = kind == .film ? filter.watched() : filter.seen(kind)
        return """
            SELECT \(kind.rawValue) AS place, '\(kind.type)' AS kind, '\(kind.topic)' AS table, count() AS events,
                (SELECT \(dialect.viewerCount(hasViewing: kind == .film)) FROM (\(who))) AS viewers,
                if(events = 0, NULL, \(dialect.rfc3339("min(time)"))) AS first,
                if(events = 0, NULL, \(dialect.rfc3339("max(time)"))) AS last
            FROM (\(filter.once(kind, "time")))
            """
    }

    /// Statements that together answer `viewer` and columns of `watched` and `seen`, for each of their rows.
    func viewerRows(_ columns: String) -> [String] {
        EventKind.allCases.map { kind in
            "SELECT \(dialect.viewer(hasViewing: kind == .film)) AS viewer, \(columns) "
                + "FROM (\(kind == .film ? filter.watched() : filter.seen(kind)))"
        }
    }
}
