/// Why an event is set apart in the tables' `verdict` column: stored, and left out of figures at query time.
public enum Verdict: String, CaseIterable, Sendable {
    case good = ""
    /// Sent by a program that says that it is one.
    case bot
    /// Its time is more than 72 hours ago or a minute ahead, after correction.
    case clock
    /// More of a film than can have been watched.
    case implausible

    /// Film seconds in one event beyond which nobody can have watched them since the last one was sent.
    static let watchedSecondsMax: Double = 86_400
    /// How far an interval may reach beyond the film's stated length: players round.
    static let beyondFilmSecondsMax: Double = 5

    static func isPlausible(watched: JSONValue, filmSeconds: Double?) -> Bool {
        var total = 0.0
        var end = 0.0
        for element in watched.elements {
            guard let interval = Interval(element) else { continue }
            total += interval.to - interval.from
            end = max(end, interval.to)
        }
        if let filmSeconds, end > filmSeconds + beyondFilmSecondsMax { return false }
        return total <= watchedSecondsMax
    }
}
