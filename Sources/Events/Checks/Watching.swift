/// What a film event claims to have been watched, held against what can be known without remembering anyone: the film's
/// stated length, a day, and the same viewing's event before it in the same batch. What takes a viewer's history (two films
/// at once on one account, thirty hours in one day) is for queries over the tables.
struct Watching {
    /// Seconds of the film that were played. What was played twice counts twice: going back takes time too.
    private(set) var seconds = 0.0
    /// The furthest place that was played or reached.
    private(set) var end: Double
    private let filmSeconds: Double?
    private(set) var rate: Double

    /// Nobody has watched for longer than this since the last event.
    static let wallSecondsMax = 86_400.0
    /// What players round, and clocks of whole seconds hide.
    static let toleranceSeconds = 5.0
    /// Where an event does not state its rate: the fastest that players commonly offer.
    static let unstatedRate = 2.0

    /// - Parameters:
    ///   - watched: intervals that have been checked.
    ///   - position: the playback position, seconds.
    init(_ watched: JSONValue?, position: Double, filmSeconds: Double?, rate: Double?) {
        end = position
        self.filmSeconds = filmSeconds
        self.rate = rate ?? Watching.unstatedRate
        guard let watched else { return }
        for element in watched.elements {
            guard let interval = Interval(element) else { continue }
            seconds += interval.to - interval.from
            end = max(end, interval.to)
        }
    }

    /// Whether one event can say this, whatever came before it.
    var isPlausible: Bool {
        if let filmSeconds, end > filmSeconds + Watching.toleranceSeconds { return false }
        return fits(wallSeconds: Watching.wallSecondsMax, rate: rate)
    }

    /// Whether it can have been watched within that time, played no faster than `rate`.
    func fits(wallSeconds: Double, rate: Double) -> Bool { seconds <= wallSeconds * rate + Watching.toleranceSeconds }
}
