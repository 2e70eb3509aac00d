import Events

/// How `watched` is filled and read.
extension Dialect {
    /// The longest film, seconds.
    static let filmSecondsMax = 65_535

    /// A row of `watched` for each event of a film.
    ///
    /// - Parameters:
    ///   - table: where the events are; nil: all of them, on whichever shard.
    ///   - condition: which events; of columns of the events' table.
    public func watchedRows(of table: String? = nil, where condition: String = "1") -> String {
        let columns = Table.watched.columns.map { column in
            let value = watchedValue(column)
            return value == column.name ? value : "\(value) AS \(column.name)"
        }
        return """
            SELECT \(columns.joined(separator: ", "))
            FROM \(table ?? allRows(EventTable.of(.film))) WHERE \(condition)
            """
    }

    /// What an event of a film has in a column of `watched`.
    func watchedValue(_ column: Column) -> String {
        switch column.name {
        case "day": "toDate(time)"
        case "spans": spans("watched")
        case "resume":
            "toUInt64(greatest(\(milliseconds("time")), 0)) * 65536 + toUInt64(\(wholeSecond("position")))"
        case "first_at": "time"
        case "duration": "ifNull(duration, 0)"
        default: column.name
        }
    }

    /// Ends are rounded to whole seconds, so that intervals that meet still meet; what is no interval of a film falls away.
    func spans(_ intervals: String) -> String {
        """
        arrayFilter(span -> bitShiftRight(span, 16) < bitAnd(span, 65535), arrayMap(part -> \
        toUInt32(\(wholeSecond(side(1))) * 65536 + \(wholeSecond(side(2)))), \(intervals)))
        """
    }

    /// One end of an interval, 1 or 2. (An old server keeps intervals as arrays of two.)
    private func side(_ number: Int) -> String { isOld ? "part[\(number)]" : "part.\(number)" }

    /// A half counts up. (The engine's `round` takes a half to the even second.)
    private func wholeSecond(_ value: String) -> String {
        "toUInt32(floor(least(greatest(\(value), 0), \(Dialect.filmSecondsMax)) + 0.5))"
    }

    /// Everything that makes `watched` known, and what there is of events in it.
    func makeWatched() -> [String] {
        [createStorage(.watched)] + [createDistributed(.watched)].compactMap { $0 } + createWatchedSource()
            + [createWatchedFeed()] + makeView("watched", createWatchedView()) + [fillWatched()]
    }

    /// What hands each inserted event on, where it is stored: a viewer's events and what they watched are on one shard.
    func createWatchedFeed() -> String {
        """
        CREATE MATERIALIZED VIEW IF NOT EXISTS watched_feed TO \(Table.watched.storageName) AS
        \(watchedFeed(of: watchedSource))
        """
    }

    /// Puts in what there is of events, by their arrival. What is in already stays as it is.
    public func fillWatched(where condition: String = "1") -> String {
        """
        INSERT INTO \(Table.watched.storageName) (\(Table.watched.columns.map(\.name).joined(separator: ", ")))
        \(watchedFeed(of: EventTable.of(.film).storageName, where: condition))
        """
    }

    /// `watched` for people: a row for each film, viewer and verdict.
    func createWatchedView() -> String {
        """
        \(createViewWords) watched AS
        SELECT film_id, viewer, verdict,
            toUInt32(arraySum(ends) - arraySum(starts)) AS seconds,
            arrayMap((a, b) -> (a, b), starts, ends) AS parts,
            length(plays) AS plays, toUInt32(bitAnd(last, 65535)) AS position,
            \(moment(milliseconds: "bitShiftRight(last, 16)")) AS last_at, nullIf(stated, 0) AS duration
        FROM
        (
            SELECT film_id, viewer, verdict, plays, last, stated,
                \(spanStarts("spans")) AS from_seconds, \(spanEnds("spans")) AS to_seconds,
                \(Dialect.partStarts("from_seconds", "to_seconds")) AS starts,
                \(Dialect.partEnds("from_seconds", "to_seconds")) AS ends
            FROM
            (
                SELECT film_id, \(viewer()) AS viewer, verdict, groupArrayArray(w.spans) AS spans,
                    groupUniqArray(\(play())) AS plays, max(w.resume) AS last, max(w.duration) AS stated
                FROM \(watchedTable) AS w GROUP BY film_id, viewer, verdict
            )
        )
        """
    }

    // MARK: Reading

    /// Who a row is of: the user, else the device, else the visit, else the viewing; "": not known.
    ///
    /// - Parameter hasViewing: whether the table has `view_id`.
    public func viewer(hasViewing: Bool = true) -> String {
        let nobody = "toUUID('\(UUID.none)')"
        let visit = hasViewing ? "if(session_id != '', session_id, view_id)" : "session_id"
        return "if(user_id != \(nobody), toString(user_id), if(anonymous_id != '', anonymous_id, \(visit)))"
    }

    /// Which viewing a row of `views` or `watched` is of.
    public func play() -> String {
        "if(view_id != '', view_id, if(session_id != '', session_id, \(viewer())))"
    }

    /// Where the spans begin, in order.
    public func spanStarts(_ spans: String) -> String {
        "arraySort(arrayMap(span -> toInt32(bitShiftRight(span, 16)), \(spans)))"
    }

    /// Where the spans end, in order. (Not the order of the starts.)
    public func spanEnds(_ spans: String) -> String {
        "arraySort(arrayMap(span -> toInt32(bitAnd(span, 65535)), \(spans)))"
    }

    /// The union of spans as parts that neither meet nor overlap. A part begins where as many spans have ended as have
    /// begun before: with both sides sorted, where a start lies beyond the end at the place before it.
    public static func partStarts(_ starts: String, _ ends: String) -> String {
        "arrayFilter((a, before) -> a > before, \(starts), arraySlice(arrayPushFront(\(ends), toInt32(-1)), 1, length(\(ends))))"
    }

    public static func partEnds(_ starts: String, _ ends: String) -> String {
        "arrayFilter((b, after) -> after > b, \(ends), arraySlice(arrayPushBack(\(starts), toInt32(65536)), 2))"
    }
}
