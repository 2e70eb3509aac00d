import Events

/// One film being played: where it is, and what its viewer will do at which place of it. All that is to happen is drawn
/// at the start; each step plays on to the next such place, or to the next heartbeat.
struct Playback {
    static let heartbeatSeconds = 10.0
    /// Downloads tell less often.
    static let offlineHeartbeatSeconds = 60.0
    /// From here on a film counts as watched to its end.
    static let endShare = 0.95

    enum Outcome {
        case next(at: Int64)
        /// Left at this position; nil when the film was watched to its end.
        case over(leftAt: Double?)
    }

    let film: Film
    private let viewID: UUID
    private let rate: Double
    private let heartbeat: Double
    private var intentions: [Intention]
    private let stopAt: Double
    private var quality: String
    private(set) var position: Double
    /// Where the step under way leads, in film seconds; nil while paused.
    private var target: Double?
    private var toldEnd = false

    /// - Parameter position: where it goes on, when it was begun before.
    init(
        _ film: Film, from position: Double, _ viewer: Viewer, heartbeat: Double = Playback.heartbeatSeconds,
        _ random: inout DemoRandom
    ) {
        self.film = film
        self.position = position
        self.heartbeat = heartbeat
        rate = viewer.rate
        viewID = random.uuid()
        quality = random.pick(Intention.qualities)
        stopAt = Playback.stop(film, from: position, viewer, &random)
        intentions = Intention.draw(film, from: position, viewer, &random)
    }

    /// Where the viewer leaves: early, at the credits, or at the end.
    private static func stop(_ film: Film, from position: Double, _ viewer: Viewer, _ random: inout DemoRandom)
        -> Double
    {
        if !random.chance(film.grip) {
            return min(position + 5 + random.exponential(mean: 900).rounded(), film.creditsStart)
        }
        return viewer.staysForCredits
            ? film.seconds : min(film.creditsStart + Double(random.uniform(2...9)), film.seconds)
    }

    /// Begins to play; answers when the first step is due. `phase` shortens the first heartbeat, for playbacks that are
    /// under way when the demo starts.
    mutating func start(now: Int64, phase: Double = 1) -> Int64 { aim(now, heartbeat * phase) }

    /// Does what is due at `stamp.time`.
    mutating func step(
        _ stamp: EventStamp, _ origin: EventOrigin, _ writer: EventWriter, _ random: inout DemoRandom
    ) -> Outcome {
        guard let reached = target else { return .next(at: aim(stamp.time, heartbeat)) }
        tell(from: position, to: reached, stamp, origin, writer)
        position = reached
        tellEnd(stamp, origin, writer)
        guard position < stopAt else { return .over(leftAt: toldEnd ? nil : position) }
        guard let intention = intentions.first, intention.position <= position else {
            return .next(at: aim(stamp.time, heartbeat))
        }
        intentions.removeFirst()
        return .next(at: follow(intention, stamp, origin, writer, &random))
    }

    /// Chooses the next place to stop at; answers when it is reached.
    private mutating func aim(_ now: Int64, _ heartbeat: Double) -> Int64 {
        let next = min(position + heartbeat * rate, intentions.first?.position ?? stopAt, stopAt)
        let rounded = max((next * 1000).rounded(), position * 1000 + 1) / 1000
        target = rounded
        // Rounded up: nobody watches more than the time allows.
        return now + Int64(((rounded - position) / rate * 1000).rounded(.up))
    }

    private mutating func follow(
        _ intention: Intention, _ stamp: EventStamp, _ origin: EventOrigin, _ writer: EventWriter,
        _ random: inout DemoRandom
    ) -> Int64 {
        if let (object, label) = intention.button {
            writer.writeClick(object, label, url: film.url, origin, stamp, &random)
        }
        switch intention.action {
        case .pause(let milliseconds):
            target = nil
            return stamp.time + milliseconds
        case .seek(let place, _):
            position = min(place, stopAt)
            intentions.removeAll { $0.position < place }
        case .changeQuality(let new) where new != quality:
            tellQuality(new, stamp, origin, writer)
            quality = new
        case .changeQuality: break
        }
        return aim(stamp.time, heartbeat)
    }

    // MARK: Telling

    private func tell(
        from: Double, to: Double, _ stamp: EventStamp, _ origin: EventOrigin, _ writer: EventWriter
    ) {
        writer.write(.film, origin, stamp) { event in
            event.uuid("film_id", film.id)
            event.uuid("view_id", viewID)
            // Browsers send the clock's form, apps the bare seconds.
            if origin.device.platform == "web" {
                event.text("timecode", Playback.timecode(to))
            } else {
                event.number("timecode", to)
            }
            event.number("duration", film.seconds)
            event.interval("watched", from, to)
            event.number("rate", rate)
            event.text("quality", quality)
            // Beyond the contract, and kept: the dashboard calls films by it.
            event.text("title", film.title)
        }
    }

    private mutating func tellEnd(_ stamp: EventStamp, _ origin: EventOrigin, _ writer: EventWriter) {
        guard !toldEnd, position >= film.seconds * Playback.endShare else { return }
        toldEnd = true
        writer.writeCustom("watched_to_end", origin, stamp) { event in
            event.uuid("film_id", film.id)
            event.uuid("view_id", viewID)
            event.number("percent", position / film.seconds * 100)
        }
    }

    private func tellQuality(_ new: String, _ stamp: EventStamp, _ origin: EventOrigin, _ writer: EventWriter) {
        writer.writeCustom("quality_changed", origin, stamp) { event in
            event.uuid("film_id", film.id)
            event.uuid("view_id", viewID)
            event.text("from", quality)
            event.text("to", new)
            event.number("position", position)
        }
    }

    /// "HH:MM:SS.ffffff".
    private static func timecode(_ seconds: Double) -> String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let milliseconds = Int((seconds * 1000).rounded())
        let whole = milliseconds / 1000
        return "\(padded(whole / 3600, 2)):\(padded(whole / 60 % 60, 2)):\(padded(whole % 60, 2))"
            + ".\(padded(milliseconds % 1000, 3))000"
    }
}
