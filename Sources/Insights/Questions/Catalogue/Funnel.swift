import Events
import Warehouse

/// One step of a funnel: a kind of events, and what it was about.
struct FunnelStep: Sendable, Equatable {
    let kind: EventKind
    /// With `*` for anything; nil: whatever it was about.
    let pattern: String?

    static let bytesMax = 2_100

    /// `kind` or `kind:pattern`.
    init(_ text: String) throws(ParameterError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let kind = EventKind.allCases.first(where: { $0.type == parts[0] }),
            text.utf8.count <= FunnelStep.bytesMax,
            !text.unicodeScalars.contains("\0")
        else {
            throw ParameterError(
                "step", "must be click, page, film or custom, and may go on with : and what it is about")
        }
        self.kind = kind
        pattern = parts.count > 1 ? parts[1] : nil
        if kind == .film, let pattern, UUID(pattern) == nil {
            throw ParameterError("step", "a film is told by its UUID: film:b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89")
        }
    }

    var text: String { kind.type + (pattern.map { ":" + $0 } ?? "") }

    /// Whether an event of the step's kind is one.
    func condition(_ dialect: Dialect) -> String {
        guard let pattern else { return "1" }
        switch kind {
        case .click: return dialect.matches("obj_id", pattern)
        case .page: return dialect.matches("url", pattern)
        case .film: return "film_id = toUUID('\(pattern)')"
        case .custom: return dialect.matches("name", pattern)
        }
    }
}

extension Question {
    static let funnel = Question(
        "funnel", Words("Funnel", "Воронка"),
        computed: Words(
            "Viewers who took the steps in this order, the last within the window after the first.",
            "Зрители, сделавшие шаги в этом порядке, последний не позже окна после первого."),
        parameters: [
            Parameter(
                "step", .steps(2...Dialect.stepsMax),
                Words("A step: kind or kind:what; once each", "Шаг: вид или вид:о чём; по разу"),
                required: true),
            Parameter(
                "window", .whole(1...2_592_000),
                Words("From the first step to the last, seconds", "От первого шага до последнего, с"),
                standard: "86400"), .from, .to, .platform, .verdict,
        ],
        columns: [
            AnswerColumn("step", .count, "Step", "Шаг"), AnswerColumn("what", .text, "What", "Что"),
            AnswerColumn("viewers", .count, "Viewers", "Зрители"),
            AnswerColumn("share", .share, "Of the first step", "От первого шага"),
            AnswerColumn("share_of_previous", .share, "Of the step before", "От предыдущего шага"),
            AnswerColumn("lost", .count, "Lost since the step before", "Потеряно с предыдущего шага"),
        ]
    ) { asking in Answer(rows: asking.funnel(asking.filter.values.steps("step"))) }
}

extension Asking {
    fileprivate func funnel(_ steps: [FunnelStep]) -> String {
        let window = Int64(filter.values.whole("window") ?? 86_400)
        let names = steps.map { "'\($0.text.sqlEscaped)'" }.joined(separator: ", ")
        let events = EventKind.allCases.compactMap { rows(of: $0, steps) }.joined(separator: "\nUNION ALL\n")
        return """
            SELECT step, [\(names)][step] AS what, reached[step] AS viewers,
                if(reached[1] = 0, NULL, round(viewers / reached[1], 4)) AS share,
                if(step = 1, if(reached[1] = 0, NULL, 1), if(reached[step - 1] = 0, NULL, round(viewers / reached[step - 1], 4)))
                    AS share_of_previous,
                if(step = 1, 0, reached[step - 1] - viewers) AS lost
            FROM
            (
                SELECT [\((1...steps.count).map { "countIf(depth >= \($0))" }.joined(separator: ", "))] AS reached FROM
                (
                    SELECT viewer, \(dialect.stepsTaken(steps.count, windowSeconds: window)) AS depth FROM
                    (
            \(events)
                    )
                    GROUP BY viewer
                )
            )
            ARRAY JOIN arrayEnumerate(reached) AS step
            ORDER BY step
            """
    }

    /// Rows `(viewer, at, step)` of a kind, for `stepsTaken`; nil: no step is of this kind.
    private func rows(of kind: EventKind, _ steps: [FunnelStep]) -> String? {
        let own = steps.enumerated().filter { $0.element.kind == kind }
        guard let first = own.first else { return nil }
        let conditions = own.map { $0.element.condition(dialect) }
        let any = conditions.contains("1") ? "1" : "(" + conditions.joined(separator: " OR ") + ")"
        let events = kind == .film ? viewingsBegun(any) : others(kind, any, eachOnce: own.count > 1)
        // A good event's clock may be a minute ahead.
        let end = filter.range.to ?? Timestamp(unixMilliseconds: filter.now + 60_000)
        guard own.count > 1 else { return dialect.stepRows(events, all: first.offset + 1, before: end) }
        let numbers = own.map { "if(\($0.element.condition(dialect)), \($0.offset + 1), 0)" }.joined(separator: ", ")
        return dialect.stepRows(
            "SELECT viewer, time, arrayFilter(number -> number > 0, [\(numbers)]) AS steps FROM (\(events))",
            before: end)
    }

    /// That a viewer took a step is the same however often its event is in the table. Only where one event could be two
    /// steps its copies must not be both.
    private func others(_ kind: EventKind, _ condition: String, eachOnce: Bool) -> String {
        if eachOnce {
            let what = kind == .click ? "obj_id" : kind == .page ? "url" : "name"
            return filter.once(kind, "viewer", "time", what, where: condition)
        }
        return """
            SELECT \(dialect.viewerColumn(kind)), time
            FROM \(dialect.allRows(EventTable.of(kind))) WHERE \(filter.events(condition))
            """
    }

    /// A film is a step when its watching begins; the heartbeats that follow are none.
    private func viewingsBegun(_ condition: String) -> String {
        """
        SELECT viewer, film_id, min(first_at) AS time FROM
        (
            SELECT \(dialect.viewerMark(hasViewing: true)) AS viewer, \(dialect.play()) AS viewing, film_id, day, first_at
            FROM (\(filter.watched(condition)))
        )
        GROUP BY viewer, viewing, film_id, day
        """
    }
}
