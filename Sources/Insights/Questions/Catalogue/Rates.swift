import Events
import Warehouse

extension Question {
    private static let stepChoices = [1, 10, 60, 300, 900, 3600, 21_600, 86_400]
    private static let stepsWanted = 300
    private static let stepsMax: Int64 = 2_000

    static let rates = Question(
        "rates", Words("Events over time", "События во времени"),
        computed: Words(
            "Events counted once each, by when they happened, in steps of equal length.",
            "События по времени, каждое один раз, за равные промежутки."),
        parameters: [
            .from, .to, .platform, .verdict,
            Parameter(
                "step", .choice(stepChoices.map(String.init)),
                Words("Length of a step, seconds", "Длина промежутка в секундах")),
        ],
        columns: [AnswerColumn("time", .time, "Time", "Время")]
            + EventKind.allCases.map { AnswerColumn($0.type, .count, $0.title.en, $0.title.ru) }
            + [AnswerColumn("events", .count, "All events", "Все события")]
    ) { asking in
        // Without an end it is now: viewers' clocks run ahead, the chart does not.
        var filter = asking.filter
        let to = filter.range.to ?? Timestamp(unixMilliseconds: filter.now)
        let from = filter.range.from ?? Timestamp(unixMilliseconds: to.unixMilliseconds - 86_400_000)
        guard from < to else { throw ParameterError("from", "must be earlier than to (now, where to is absent)") }
        filter.values.assume("from", .time(from))
        filter.values.assume("to", .time(to))
        let step = try step(filter, milliseconds: to.unixMilliseconds - from.unixMilliseconds)
        return Answer(
            rows: asking.rates(filter, from: from, to: to, step: step),
            members: [("step_seconds", "\(step)")])
    }

    private static func step(_ filter: Filter, milliseconds: Int64) throws -> Int64 {
        let finest = stepChoices.first { milliseconds <= Int64($0 * stepsWanted) * 1000 } ?? 86_400
        let step = Int64(filter.values.text("step").flatMap { Int($0) } ?? finest)
        guard milliseconds / 1000 / step < stepsMax else {
            throw ParameterError("step", "makes more than \(stepsMax) steps of this range")
        }
        return step
    }
}

extension EventKind {
    var title: Words {
        switch self {
        case .click: Words("Clicks", "Клики")
        case .page: Words("Page views", "Просмотры страниц")
        case .film: Words("Film watching", "Просмотр фильмов")
        case .custom: Words("Custom events", "Свои события")
        }
    }
}

extension Asking {
    fileprivate func rates(_ filter: Filter, from: Timestamp, to: Timestamp, step: Int64) -> String {
        let start = from.unixMilliseconds / 1000 / step * step
        let count = (to.unixMilliseconds + 999) / 1000 - start
        let kinds = EventKind.allCases.map { kind in
            """
            SELECT \(kind.rawValue) AS kind, toInt64(intDiv(toUnixTimestamp(time) - \(start), \(step))) AS place, count() AS counted
            FROM (\(filter.once(kind, "time"))) GROUP BY place
            """
        }.joined(separator: "\nUNION ALL\n")
        let counts = EventKind.allCases.map { "sumIf(counted, kind = \($0.rawValue)) AS \($0.type)" }
        return """
            SELECT \(dialect.rfc3339(dialect.moment(seconds: "\(start) + place * \(step)"))) AS time,
                \(counts.joined(separator: ", ")), sum(counted) AS events
            FROM
            (
            \(kinds)
            UNION ALL
            SELECT 99 AS kind, toInt64(number) AS place, 0 AS counted
            FROM (SELECT arrayJoin(range(\((count + step - 1) / step))) AS number)
            )
            GROUP BY place ORDER BY place
            """
    }
}
