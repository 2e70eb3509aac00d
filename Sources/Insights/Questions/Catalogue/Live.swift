import Events
import Warehouse

extension Question {
    static let live = Question(
        "live", Words("Viewers now", "Зрители сейчас"),
        computed: Words(
            "Different viewers with an event within the last seconds; of films, by film.",
            "Разные зрители с событием за последние секунды; по фильмам отдельно."),
        parameters: [
            Parameter(
                "seconds", .whole(10...3_600), Words("How far back", "За сколько секунд"), standard: "300"),
            .film, .platform, .verdict,
        ],
        columns: [
            AnswerColumn("film_id", .uuid, "Film", "Фильм"), AnswerColumn("viewers", .count, "Viewers", "Зрители"),
        ]
    ) { asking in try asking.live() }
}

extension Asking {
    fileprivate func live() throws -> Answer {
        var filter = filter
        let seconds = filter.values.whole("seconds") ?? 300
        let from = Timestamp(unixMilliseconds: filter.now - Int64(seconds) * 1000)
        filter.values.assume("from", .time(from))
        // As far ahead as a good event's clock may be.
        filter.values.assume("to", .time(Timestamp(unixMilliseconds: filter.now + 60_000)))
        let kinds = filter.values.uuid("film") == nil ? EventKind.allCases : [.film]
        // Who is there is the same however often an event is in the table, so the tables are read as they are.
        let all = kinds.map { kind in
            """
            SELECT \(kind == .film ? 1 : 0) AS watches, \(dialect.viewer(hasViewing: kind == .film)) AS viewer
            FROM \(dialect.allRows(EventTable.of(kind))) WHERE \(filter.events())
            """
        }.joined(separator: "\nUNION ALL\n")
        let sql = """
            SELECT uniqExact(viewer) AS viewers, uniqExactIf(viewer, watches = 1) AS watching FROM
            (
            \(all)
            )
            """
        let films = """
            SELECT film_id, \(dialect.viewerCount(hasViewing: true)) AS viewers
            FROM \(dialect.allRows(EventTable.of(.film))) WHERE \(filter.events())
            GROUP BY film_id ORDER BY viewers DESC, film_id LIMIT 101
            """
        let counts = try ask(sql, "TSV").split { $0 == "\t" || $0 == "\n" }
        guard counts.count == 2 else { throw WarehouseError.failed("no count of viewers came back") }
        var answer = Answer(
            rows: films, limit: 100,
            members: [("viewers", "\(counts[0])"), ("watching", "\(counts[1])"), ("seconds", "\(seconds)")])
        (answer.sql, answer.more) = (sql, [("films", films)])
        return answer
    }
}
