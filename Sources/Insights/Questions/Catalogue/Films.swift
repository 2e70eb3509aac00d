import Warehouse

extension Question {
    static let films = Question(
        "films", Words("Films", "Фильмы"),
        computed: Words(
            "Distinct seconds watched by each viewer, of all events that arrived, in any order and however often; completed is who watched the threshold\u{2019}s share of the film before its credits.",
            "Разные секунды, просмотренные каждым зрителем; досмотрел тот, кто видел заданную долю фильма до титров."),
        parameters: [.from, .to, .film, .platform, .verdict, .limit, .threshold, .credits],
        columns: [
            AnswerColumn("film_id", .uuid, "Film", "Фильм"), AnswerColumn("viewers", .count, "Viewers", "Зрители"),
            AnswerColumn("plays", .count, "Plays", "Просмотры"),
            AnswerColumn("duration", .seconds, "Length", "Длина"),
            AnswerColumn("unique_seconds", .seconds, "Distinct seconds", "Разных секунд"),
            AnswerColumn("average_share", .share, "Watched on average", "Просмотрено в среднем"),
            AnswerColumn("completions", .count, "Watched to the end", "Досмотрели"),
            AnswerColumn("completion_rate", .share, "Completion", "Доля досмотревших"),
            AnswerColumn("last", .time, "Last event", "Последнее событие"),
        ]
    ) { asking in
        let limit = asking.filter.rowsMax
        return Answer(
            rows: """
                SELECT film_id, viewers, plays, duration, unique_seconds, average_share, completions, completion_rate, last
                FROM
                (
                \(FilmSQL(asking).summary)
                )
                ORDER BY viewers DESC, film_id LIMIT \(limit + 1)
                """, limit: limit)
    }
}

/// The statements about films.
struct FilmSQL {
    let filter: Filter
    let dialect: Dialect
    /// The share of the film that has to be watched, and the seconds at its end that need not.
    let threshold: Double
    let credits: Int

    init(_ asking: Asking) {
        filter = asking.filter
        dialect = asking.dialect
        threshold = filter.values.number("threshold") ?? 0.95
        credits = filter.values.whole("credits") ?? 0
    }

    /// A row a film. The film's length is the middle one of those that viewers' players state, so that one that is wrong
    /// changes nothing; what lies beyond it was not watched.
    ///
    /// The condition always holds: old servers read a column only where it stands outside of lambdas too.
    var summary: String {
        """
        SELECT film_id, length(viewing) AS viewers, plays, nullIf(toUInt32(stated), 0) AS duration,
            arraySum(arrayMap(v -> \(seen("v", before: "bound")), viewing)) AS unique_seconds,
            if(duration > 0 AND viewers > 0, round(unique_seconds / viewers / duration, 4), NULL) AS average_share,
            if(duration > 0, arrayCount(seen -> seen > 0 AND seen >= \(threshold) * before_credits,
                arrayMap(v -> \(seen("v", before: "before_credits")), viewing)), NULL) AS completions,
            if(duration > 0 AND viewers > 0, round(completions / viewers, 4), NULL) AS completion_rate,
            \(dialect.rfc3339("first_at")) AS first,
            \(dialect.rfc3339(dialect.moment(milliseconds: "bitShiftRight(latest, 16)"))) AS last, furthest
        FROM
        (
            SELECT film_id, viewing, plays, stated, first_at, latest, furthest, if(stated > 0, stated, 65536) AS bound,
                greatest(bound - \(credits), 1) AS before_credits
            FROM
            (
                SELECT film_id, groupArray((starts, ends)) AS viewing, sum(viewer_plays) AS plays,
                    floor(\(dialect.median("viewer_duration", where: "viewer_duration > 0")) + 0.5) AS stated,
                    min(viewer_first) AS first_at, max(viewer_resume) AS latest, max(viewer_end) AS furthest
                FROM
                (
        \(viewers)
                )
                GROUP BY film_id
            )
        )
        WHERE bound > 0 AND before_credits > 0
        """
    }

    private func seen(_ viewing: String, before bound: String) -> String {
        "arraySum((a, b) -> greatest(least(b, \(bound)) - a, 0), \(viewing).1, \(viewing).2)"
    }

    /// A row for each film and viewer: `starts` and `ends` of the parts watched, and the rest.
    var viewers: String {
        """
        SELECT film_id, viewer, \(Dialect.partStarts("from_seconds", "to_seconds")) AS starts,
            \(Dialect.partEnds("from_seconds", "to_seconds")) AS ends, viewer_plays, viewer_duration, viewer_first,
            viewer_resume, to_seconds[-1] AS viewer_end
        FROM
        (
            SELECT film_id, viewer, \(dialect.spanStarts("all_spans")) AS from_seconds,
                \(dialect.spanEnds("all_spans")) AS to_seconds, viewer_plays, viewer_duration, viewer_first, viewer_resume
            FROM
            (
                SELECT film_id, \(dialect.viewer()) AS viewer, groupArrayArray(w.spans) AS all_spans,
                    uniqExact(\(dialect.play())) AS viewer_plays, max(w.duration) AS viewer_duration,
                    min(w.first_at) AS viewer_first, max(w.resume) AS viewer_resume
                FROM
                (
        \(filter.watched(filter.pathUUID.map { "film_id = toUUID('\($0)')" } ?? "1"))
                ) AS w
                GROUP BY film_id, viewer
            )
        )
        """
    }
}
