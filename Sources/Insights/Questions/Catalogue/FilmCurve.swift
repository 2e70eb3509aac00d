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
        let count = stretches.count + 1
        return """
            WITH
            (
                SELECT (\(sums(["sum_count", "sum_place"], count))) FROM
                (
                    SELECT \(stretches.place("edge.1")) AS place, sum(edge.2) AS sum_count, sum(edge.1 * edge.2) AS sum_place
                    FROM (\(playedEdges(film, stretches))) GROUP BY place
                )
            ) AS played_edges,
            (
                SELECT (\(sums(["sum_count", "sum_place", "sum_viewers", "sum_left"], count))) FROM
                (
                    SELECT place, sum(c) AS sum_count, sum(s) AS sum_place, sum(v) AS sum_viewers, sum(l) AS sum_left
                    FROM (\(seenEdges(stretches))) GROUP BY place
                )
            ) AS seen_edges,
            \(secondsIn("played_edges.1", "played_edges.2", stretches)) AS played_seconds,
            \(secondsIn("seen_edges.1", "seen_edges.2", stretches)) AS seen_seconds,
            arrayCumSum(seen_edges.3) AS viewers_in, seen_edges.4 AS left_in
            SELECT \(stretches.start("place")) AS `from`, \(stretches.start("(place + 1)")) AS `to`,
                viewers_in[place + 1] AS viewers, round(played_seconds[place + 1] / (`to` - `from`), 3) AS plays,
                if(played_seconds[place + 1] > 0,
                    round(greatest(1 - seen_seconds[place + 1] / played_seconds[place + 1], 0), 4), 0) AS rewatched,
                left_in[place + 1] AS `left`, \(viewers > 0 ? "round(viewers / \(viewers), 4)" : "0") AS retention,
                played_seconds[place + 1] AS played
            FROM (SELECT toInt64(arrayJoin(range(\(stretches.count)))) AS place) ORDER BY place
            """
    }

    /// Positions of viewers' latest events, by stretch.
    func resume(_ stretches: Stretches) -> String {
        let last = max(stretches.seconds - 1, 0)
        return """
            SELECT \(stretches.start("place")) AS `from`, \(stretches.start("(place + 1)")) AS `to`, count() AS viewers FROM
            (
                SELECT toInt64(\(stretches.place("least(toInt64(bitAnd(viewer_resume, 65535)), \(last))"))) AS place
                FROM (\(self.viewers))
            )
            GROUP BY place ORDER BY place
            """
    }

    /// Arrays of sums by place, with 0 where there is none.
    private func sums(_ columns: [String], _ count: Int) -> String {
        columns.map {
            "arrayResize(groupArrayInsertAt(0)(toInt64(\($0)), toUInt32(place)), \(count), toInt64(0))"
        }
        .joined(separator: ", ")
    }

    /// Seconds in each stretch, from sums by stretch of what begins and ends. (A lambda's names are none of the rows': old
    /// servers mix them up.)
    private func secondsIn(_ counts: String, _ places: String, _ stretches: Stretches) -> String {
        """
        arraySlice(arrayDifference(arrayPushFront(arrayMap(
                (c, s, number) -> toInt64(c * toInt64(\(stretches.start("(number + 1)"))) - s),
                arrayCumSum(\(counts)), arrayCumSum(\(places)), range(length(\(counts)))), toInt64(0))), 2)
        """
    }

    /// Where intervals of `watched` begin (+1) and end (−1), each event once.
    private func playedEdges(_ film: UUID, _ stretches: Stretches) -> String {
        return """
            SELECT arrayFilter(span -> bitShiftRight(span, 16) < \(stretches.seconds), \(dialect.spans("watched"))) AS inside,
                arrayJoin(arrayConcat(
                    arrayMap(span -> (toInt64(bitShiftRight(span, 16)), toInt64(1)), inside),
                    arrayMap(span -> (least(toInt64(bitAnd(span, 65535)), \(stretches.seconds)), toInt64(-1)), inside)))
                    AS edge
            FROM views WHERE \(filter.events("film_id = toUUID('\(film)')"))
            """
    }

    /// Numbers of one width: what is put into one array is of one type.
    private func entry(_ numbers: String...) -> String { numbers.map { "toInt64(\($0))" }.joined(separator: ", ") }

    /// The same of the parts that each viewer saw, and in which stretches these are: `c` and `s` as above, `v` viewers, `l`
    /// those whose last second is here.
    private func seenEdges(_ stretches: Stretches) -> String {
        """
        SELECT entry.1 AS place, entry.2 AS c, entry.3 AS s, entry.4 AS v, entry.5 AS l FROM
        (
            SELECT arrayJoin(arrayConcat(
                arrayMap((x, f) -> (f, \(entry("1", "x", "0", "0"))), begun, first_in),
                arrayMap(x -> (toInt64(\(stretches.place("x"))), \(entry("-1", "-x", "0", "0"))), ended),
                arrayMap(f -> (f, \(entry("0", "0", "1", "0"))), new_in),
                arrayMap(l -> (l + 1, \(entry("0", "0", "-1", "0"))), last_in),
                arrayMap(l -> (l, \(entry("0", "0", "0", "1"))), arraySlice(last_in, -1)))) AS entry
            FROM
            (
                SELECT arrayFilter(x -> x < \(stretches.seconds), starts) AS begun,
                    arraySlice(arrayMap(x -> least(x, \(stretches.seconds)), ends), 1, length(begun)) AS ended,
                    arrayMap(x -> toInt64(\(stretches.place("x"))), begun) AS first_in,
                    arrayMap(x -> toInt64(\(stretches.place("(x - 1)"))), ended) AS last_in,
                    arrayMap((f, before) -> greatest(f, before + 1), first_in,
                        arraySlice(arrayPushFront(last_in, toInt64(-1)), 1, length(last_in))) AS new_in
                FROM (\(viewers))
            )
        )
        """
    }
}
