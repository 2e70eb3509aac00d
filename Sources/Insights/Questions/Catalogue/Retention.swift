import Events
import Warehouse

extension Question {
    private static let weekMilliseconds: Int64 = 604_800_000

    static let retention = Question(
        "retention", Words("Retention by week", "Возвращаемость по неделям"),
        computed: Words(
            "Viewers by the week (from Monday, UTC) of their first event in the range, and how many had events in each week after it.",
            "Зрители по неделе (с понедельника, UTC) первого события в промежутке и сколько из них были в каждую следующую."
        ),
        parameters: [
            .from, .to, .platform, .verdict,
            Parameter(
                "weeks", .whole(1...26), Words("Weeks to look at", "Сколько недель смотреть"), standard: "8"),
        ],
        columns: [
            AnswerColumn("week", .time, "Week", "Неделя"), AnswerColumn("viewers", .count, "Viewers", "Зрители"),
            AnswerColumn("returned", .count, "Were there, by week", "Были, по неделям"),
            AnswerColumn("share", .share, "Share, by week", "Доля, по неделям"),
        ]
    ) { asking in
        var filter = asking.filter
        let weeks = filter.values.whole("weeks") ?? 8
        let to = filter.range.to ?? Timestamp(unixMilliseconds: filter.now)
        filter.values.assume("to", .time(to))
        if filter.range.from == nil {
            let from = max(Timestamp.earliest.unixMilliseconds, to.unixMilliseconds - Int64(weeks) * weekMilliseconds)
            // From a Monday on: the days between 1970-01-01, a Thursday, and it are 4 more than weeks.
            let monday = (from / 86_400_000 + 3) / 7 * 7 - 3
            filter.values.assume("from", .time(Timestamp(unixMilliseconds: monday * 86_400_000)))
        }
        guard let from = filter.range.from, from < to else {
            throw ParameterError("from", "must be earlier than to (now, where to is absent)")
        }
        let asking = Asking(filter: filter, dialect: asking.dialect, ask: asking.ask)
        return Answer(rows: asking.retention(weeks: weeks, to: to))
    }
}

extension Asking {
    fileprivate func retention(weeks: Int, to: Timestamp) -> String {
        let last = (to.unixMilliseconds - 1) / 86_400_000
        let newest = (last + 3) / 7
        let rows = viewerRows("\(week("day")) AS week").joined(separator: "\nUNION ALL\n")
        return """
            SELECT toString(toDate(first * 7 - 3)) AS week, viewers, returned,
                arrayMap(there -> round(there / viewers, 4), returned) AS share
            FROM
            (
                SELECT first, count() AS viewers,
                    arraySlice(sumForEach(arrayMap(after -> toUInt64(has(weeks, first + after)), range(\(weeks)))),
                        1, toUInt64(\(newest + 1) - first)) AS returned
                FROM
                (
                    SELECT viewer, groupUniqArray(week) AS weeks, min(week) AS first FROM
                    (
            \(rows)
                    )
                    GROUP BY viewer
                )
                WHERE notEmpty(weeks) GROUP BY first
            )
            ORDER BY first
            """
    }

    private func week(_ day: String) -> String { "intDiv(toInt32(\(day)) + 3, 7)" }
}
