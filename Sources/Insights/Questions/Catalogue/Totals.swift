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
    /// Who a film's events are of is read from `watched`: there are hundreds of them for each of its rows.
    fileprivate func totals(of kind: EventKind) -> String {
        let viewers =
            kind == .film
            ? "(SELECT \(dialect.viewerCount(hasViewing: true)) FROM (\(filter.watched())))"
            : dialect.viewerCount(hasViewing: false)
        return """
            SELECT \(kind.rawValue) AS place, '\(kind.type)' AS kind, '\(kind.topic)' AS table, count() AS events,
                \(viewers) AS viewers,
                if(events = 0, NULL, \(dialect.rfc3339("min(time)"))) AS first,
                if(events = 0, NULL, \(dialect.rfc3339("max(time)"))) AS last
            FROM \(kind.topic) WHERE \(filter.events())
            """
    }

    /// Statements that together answer `viewer` and columns of each event; of films only once a row of `watched`.
    /// Who was there is the same however often an event is in the table, so the tables are read as they are.
    func viewerRows(_ columns: String, ofFilms watched: String? = nil) -> [String] {
        EventKind.allCases.map { kind in
            kind == .film
                ? "SELECT \(dialect.viewer()) AS viewer, \(watched ?? columns) FROM (\(filter.watched()))"
                : """
                SELECT \(dialect.viewer(hasViewing: false)) AS viewer, \(columns)
                FROM \(dialect.allRows(EventTable.of(kind))) WHERE \(filter.events())
                """
        }
    }
}
