import Events
import Warehouse

/// A film cut into stretches of whole seconds, without gaps.
struct Stretches {
    /// The film's seconds.
    let seconds: Int
    let count: Int
    /// Seconds of each but the last; nil: as equal as whole seconds allow.
    private let step: Int?

    static let standardCount = 100

    init(seconds: Int, step: Int?) {
        self.seconds = seconds
        self.step = step
        count = step.map { (seconds + $0 - 1) / $0 } ?? min(Stretches.standardCount, seconds)
    }

    /// SQL: the place of the stretch that a second lies in.
    func place(_ second: String) -> String {
        if let step { return "intDiv(\(second), \(step))" }
        return "intDiv((\(second) + 1) * \(count) - 1, \(max(seconds, 1)))"
    }

    /// SQL: where the stretch at a place begins.
    func start(_ place: String) -> String {
        if let step { return "least(\(place) * \(step), \(seconds))" }
        return "intDiv(\(place) * \(seconds), \(max(count, 1)))"
    }
}

extension FilmSQL {
    var filmSummary: String { "SELECT \(FilmSummary.columns) FROM\n(\n\(summary)\n)" }

    /// A row a stretch.
    ///
    /// Seconds played up to a place x are the sum of (x − begin) over what began before it, less the same over what ended:
    /// so a stretch needs only how many began and ended in it, and the sum of where.
    func curve(_ film: UUID, _ stretches: Stretches, viewers: Int) -> String {
        return """
            SELECT \(stretches.start("place")) AS `from`, \(stretches.start("(place + 1)")) AS `to`, viewers,
                round(played / (`to` - `from`), 3) AS plays,
                if(played > 0, round(greatest(1 - seen / played, 0), 4), 0) AS rewatched,
                left_here AS `left`, \(viewers > 0 ? "round(viewers / \(viewers), 4)" : "0") AS retention, played, resume
            FROM
            (
                SELECT arrayMap(number -> toInt64(number), range(\(stretches.count))) AS places,
                    \(secondsIn("played_count", "played_place", stretches)) AS played_seconds,
                    \(secondsIn("seen_count", "seen_place", stretches)) AS seen_seconds,
                    arraySlice(arrayCumSum(seen_viewers), 1, \(stretches.count)) AS viewers_in,
                    arraySlice(seen_left, 1, \(stretches.count)) AS left_in,
                    arraySlice(seen_resume, 1, \(stretches.count)) AS resume_in
                FROM
                (
                    SELECT \(Edges.columns.map { byPlace("sum_\($0)", $0, count: stretches.count + 1) }.joined(separator: ",\n            "))
                    FROM
                    (
                        SELECT place, \(Edges.columns.map { "sum(\($0)) AS sum_\($0)" }.joined(separator: ", ")) FROM
                        (
            \(playedEdges(film, stretches))
            UNION ALL
            \(seenEdges(stretches))
                        )
                        GROUP BY place
                    )
                )
            )
            ARRAY JOIN places AS place, played_seconds AS played, seen_seconds AS seen, viewers_in AS viewers, left_in AS left_here,
                resume_in AS resume
            ORDER BY place
            """
    }

    /// An array of a column's values by place, with 0 where there is none.
    private func byPlace(_ column: String, _ name: String, count: Int) -> String {
        "arrayResize(groupArrayInsertAt(0)(toInt64(\(column)), toUInt32(place)), \(count), toInt64(0)) AS \(name)"
    }

    /// Seconds in each stretch, from sums by stretch of what begins and ends. (A lambda's names are none of the rows': old
    /// servers mix them up.)
    private func secondsIn(_ counts: String, _ places: String, _ stretches: Stretches) -> String {
        """
        arraySlice(arrayDifference(arrayPushFront(arrayMap(
                (c, s, number) -> toInt64(c * toInt64(\(stretches.start("(number + 1)"))) - s),
                arrayCumSum(\(counts)), arrayCumSum(\(places)), range(length(\(counts)))), toInt64(0))),
                2, \(stretches.count))
        """
    }

    /// Where intervals of `watched` begin (+1) and end (−1), each event once. Many events say the same interval, so they are
    /// counted first.
    private func playedEdges(_ film: UUID, _ stretches: Stretches) -> String {
        """
        SELECT toInt64(\(stretches.place("edge.1"))) AS place, \(Edges.columns(played: "edge.2", "edge.1 * edge.2")) FROM
        (
            SELECT arrayJoin([(toInt64(bitShiftRight(span, 16)), toInt64(told)),
                (toInt64(least(bitAnd(span, 65535), \(stretches.seconds))), -toInt64(told))]) AS edge
            FROM
            (
                SELECT span, count() AS told
                FROM (SELECT arrayJoin(spans) AS span
                    FROM (\(filter.once(.film, "spans", where: "film_id = toUUID('\(film)')"))))
                WHERE bitShiftRight(span, 16) < \(stretches.seconds) GROUP BY span
            )
        )
        """
    }

    /// The same of the parts that each viewer saw, and in which stretches these are: viewers, those whose last second is there, and
    /// those whose latest event is.
    private func seenEdges(_ stretches: Stretches) -> String {
        """
        SELECT toInt64(entry.1) AS place, \(Edges.columns(seen: "entry.2", "entry.3", "entry.4", "entry.5", "entry.6")) FROM
        (
            SELECT arrayJoin(arrayConcat(
                arrayMap((x, f) -> (f, \(Edges.entry("1", "x", "0", "0", "0"))), begun, first_in),
                arrayMap(x -> (toInt64(\(stretches.place("x"))), \(Edges.entry("-1", "-x", "0", "0", "0"))), ended),
                arrayMap(f -> (f, \(Edges.entry("0", "0", "1", "0", "0"))), new_in),
                arrayMap(l -> (l + 1, \(Edges.entry("0", "0", "-1", "0", "0"))), last_in),
                arrayMap(l -> (l, \(Edges.entry("0", "0", "0", "1", "0"))), arraySlice(last_in, -1)),
                [(resumed_in, \(Edges.entry("0", "0", "0", "0", "1")))])) AS entry
            FROM
            (
                SELECT arrayFilter(x -> x < \(stretches.seconds), starts) AS begun,
                    arraySlice(arrayMap(x -> least(x, \(stretches.seconds)), ends), 1, length(begun)) AS ended,
                    arrayMap(x -> toInt64(\(stretches.place("x"))), begun) AS first_in,
                    arrayMap(x -> toInt64(\(stretches.place("(x - 1)"))), ended) AS last_in,
                    arrayMap((f, before) -> greatest(f, before + 1), first_in,
                        arraySlice(arrayPushFront(last_in, toInt64(-1)), 1, length(last_in))) AS new_in,
                    toInt64(\(stretches.place("least(toInt64(bitAnd(viewer_resume, 65535)), \(max(stretches.seconds - 1, 0)))"))) AS resumed_in
                FROM (\(viewers))
            )
        )
        """
    }
}

/// What a film's curve is added up from: how many intervals begin less how many end in a stretch, the sum of where they do (of
/// what was played, of what was seen), viewers, those who left for good and those whose latest event is there.
private enum Edges {
    static let columns = [
        "played_count", "played_place", "seen_count", "seen_place", "seen_viewers", "seen_left", "seen_resume",
    ]

    static func columns(played: String...) -> String { said(played + ["0", "0", "0", "0", "0"]) }
    static func columns(seen: String...) -> String { said(["0", "0"] + seen) }

    /// Numbers of one width: what is put into one array, or read from two statements, is of one type.
    static func entry(_ numbers: String...) -> String { numbers.map { "toInt64(\($0))" }.joined(separator: ", ") }

    private static func said(_ values: [String]) -> String {
        zip(values, columns).map { "toInt64(\($0)) AS \($1)" }.joined(separator: ", ")
    }
}
