import Events
import Warehouse

extension Question {
    private static let stretchesMax = 20_000

    static let film = Question(
        "film", path: "films/{film_id}", Words("One film", "Один фильм"),
        computed: Words(
            "Viewers are who watched at least one second of a stretch; plays is how often a second of it was played on average, rewatching counted again.",
            "Зрители \u{2014} кто видел хотя бы секунду отрезка; показы \u{2014} сколько раз в среднем проигрывалась его секунда, пересмотры считаются снова."
        ),
        parameters: [
            .from, .to, .platform, .verdict, .threshold, .credits,
            Parameter(
                "step", .whole(1...3_600),
                Words("Seconds of a stretch; else a hundredth of the film", "Секунд в отрезке; иначе сотая фильма")),
        ],
        columns: [
            AnswerColumn("from", .seconds, "From", "С"), AnswerColumn("to", .seconds, "To", "До"),
            AnswerColumn("viewers", .count, "Viewers", "Зрители"), AnswerColumn("plays", .number, "Plays", "Показы"),
            AnswerColumn("rewatched", .share, "Rewatched", "Пересмотрено"),
            AnswerColumn("left", .count, "Left for good", "Ушли"),
            AnswerColumn("retention", .share, "Of all viewers", "От всех зрителей"),
        ]
    ) { asking in
        guard let film = asking.filter.pathUUID else { throw ParameterError("film_id", "must be a UUID") }
        let sql = FilmSQL(asking)
        let summary = try FilmSummary(asking.ask(sql.filmSummary, "TSV"))
        let step = asking.filter.values.whole("step")
        let stretches = Stretches(seconds: summary.seconds, step: step)
        guard stretches.count <= stretchesMax else {
            throw ParameterError("step", "makes more than \(stretchesMax) stretches of this film")
        }
        let curveSQL = sql.curve(film, stretches, viewers: summary.viewers)
        let curve = stretches.count == 0 ? [] : try Curve.read(asking.ask(curveSQL, "TSV"))
        var answer = Answer(
            sql: sql.filmSummary,
            download: "SELECT `from`, `to`, viewers, plays, rewatched, `left`, retention FROM\n(\n\(curveSQL)\n)")
        answer.more = [("curve", curveSQL)]
        answer.members =
            [("film_id", "\"\(film)\"")] + summary.members(played: curve.reduce(0) { $0 + $1.playedSeconds })
            + [
                ("curve", Curve.json(curve)),
                ("peaks", Curve.peaks(curve)),
                ("drop_offs", Curve.dropOffs(curve, viewers: summary.viewers, end: summary.seconds - sql.credits)),
                ("resume", Curve.resume(curve)),
            ]
        return answer
    }
}

/// The numbers of one film that are no curve.
struct FilmSummary {
    let viewers: Int
    /// The film's seconds: its length, or where that is not known the last one watched.
    let seconds: Int
    private let uniqueSeconds: Int
    private let texts: [(name: String, json: String)]

    private static let numbers = [
        "viewers", "plays", "duration", "unique_seconds", "average_share", "completions", "completion_rate",
    ]
    private static let times = ["first", "last"]
    static let columns = (numbers + times + ["furthest"]).joined(separator: ", ")

    /// - Parameter row: as TSV; none where nobody watched.
    init(_ row: String) {
        let fields = row.split(separator: "\t", omittingEmptySubsequences: false).map { String($0).trimmedLine }
        let known = fields.count == FilmSummary.numbers.count + 3
        var texts: [(name: String, json: String)] = []
        for (place, name) in FilmSummary.numbers.enumerated() {
            let isCount = ["viewers", "plays", "unique_seconds"].contains(name)
            texts.append((name, known && fields[place] != "\\N" ? fields[place] : isCount ? "0" : "null"))
        }
        for (place, name) in FilmSummary.times.enumerated() {
            texts.append((name, known ? "\"\(fields[FilmSummary.numbers.count + place])\"" : "null"))
        }
        self.texts = texts
        viewers = Int(texts[0].json) ?? 0
        uniqueSeconds = Int(texts[3].json) ?? 0
        seconds = Int(texts[2].json) ?? (known ? Int(fields[fields.count - 1]) ?? 0 : 0)
    }

    func members(played: Int) -> [(name: String, json: String)] {
        var members = texts
        members.insert(("played_seconds", "\(played)"), at: 4)
        members.insert(("rewatched_seconds", "\(max(0, played - uniqueSeconds))"), at: 5)
        return members
    }
}
