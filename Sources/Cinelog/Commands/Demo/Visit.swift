import Events

/// One sitting of one viewer on one device: browsing and watching by turns until it is over.
final class Visit {
    /// A film left in the middle, to go on with on another device.
    struct Unfinished {
        let film: Film
        let position: Double
    }

    private enum Stage {
        case browsing(Browsing)
        case watching(Playback)
        case automated(BotRun)
    }

    let viewer: Viewer
    private let origin: EventOrigin
    private let catalogue: FilmCatalogue
    private var random: DemoRandom
    private var stage: Stage
    /// When the first step is due.
    let firstDue: Int64
    /// What the viewer left in the middle, once the visit is over.
    private(set) var unfinished: Unfinished?
    /// Ends the visit at its next step: fewer are wanted.
    var isLastStep = false

    private init(
        _ viewer: Viewer, _ device: Device, _ catalogue: FilmCatalogue, _ random: DemoRandom, _ stage: Stage,
        firstDue: Int64
    ) {
        self.viewer = viewer
        self.catalogue = catalogue
        var random = random
        origin = EventOrigin(viewer: viewer, device: device, sessionID: random.uuid())
        self.random = random
        self.stage = stage
        self.firstDue = firstDue
    }

    /// Somebody comes to the site.
    static func arriving(_ viewer: Viewer, _ catalogue: FilmCatalogue, now: Int64, _ random: inout DemoRandom) -> Visit
    {
        let own = DemoRandom(seed: random.bits())
        if viewer.isBot {
            let run = BotRun(catalogue, &random)
            return Visit(viewer, viewer.devices[0], catalogue, own, .automated(run), firstDue: now)
        }
        let browsing = Browsing(catalogue, now: now, &random)
        let due = browsing.pause(after: now, &random)
        return Visit(viewer, random.pick(viewer.devices), catalogue, own, .browsing(browsing), firstDue: due)
    }

    /// Somebody goes on with a film. `phase`: how much of a heartbeat is left, for those that are under way already.
    static func resuming(
        _ film: Unfinished, _ viewer: Viewer, on device: Device, _ catalogue: FilmCatalogue, now: Int64,
        phase: Double = 1, _ random: inout DemoRandom
    ) -> Visit {
        let own = DemoRandom(seed: random.bits())
        var playback = Playback(film.film, from: film.position, viewer, &random)
        let due = playback.start(now: now, phase: phase)
        return Visit(viewer, device, catalogue, own, .watching(playback), firstDue: due)
    }

    /// Does what is due now; answers when the next step is, nil when the visit is over.
    func step(_ now: Int64, _ writer: EventWriter) -> Int64? {
        let due =
            switch stage {
            case .browsing(var browsing): step(&browsing, now, writer)
            case .watching(var playback): step(&playback, now, writer)
            case .automated(var run): step(&run, now, writer)
            }
        return isLastStep ? nil : due
    }

    private func step(_ browsing: inout Browsing, _ now: Int64, _ writer: EventWriter) -> Int64? {
        switch browsing.step(now, origin, writer, &random) {
        case .next(let due):
            stage = .browsing(browsing)
            return due
        case .play(let film):
            var playback = Playback(film, from: 0, viewer, &random)
            let due = playback.start(now: now)
            stage = .watching(playback)
            return due
        case .leave: return nil
        }
    }

    private func step(_ playback: inout Playback, _ now: Int64, _ writer: EventWriter) -> Int64? {
        switch playback.step(.live(now), origin, writer, &random) {
        case .next(let due):
            stage = .watching(playback)
            return due
        case .over(let leftAt):
            unfinished = leftAt.map { Unfinished(film: playback.film, position: $0) }
            // Some look for another film, most switch off.
            guard random.chance(0.35) else { return nil }
            unfinished = nil
            let browsing = Browsing(catalogue, now: now, &random)
            stage = .browsing(browsing)
            return browsing.pause(after: now, &random)
        }
    }

    private func step(_ run: inout BotRun, _ now: Int64, _ writer: EventWriter) -> Int64? {
        let due = run.step(now, origin, writer, &random)
        stage = .automated(run)
        return due
    }

    /// Everything that happened on the way, told at once now that the network is back: a film watched `hours` ago.
    func tellDownload(watchedHoursAgo hours: Double, now: Int64, _ writer: EventWriter) {
        var playback = Playback(
            catalogue.popular(&random), from: 0, viewer, heartbeat: Playback.offlineHeartbeatSeconds, &random)
        var time = playback.start(now: now - Int64(hours * 3_600_000))
        // A film has at most 180 heartbeats of a minute, and fewer intentions.
        for _ in 0..<Visit.downloadStepsMax where time < now {
            let stamp = EventStamp(time: time, sentAt: now)
            guard case .next(let due) = playback.step(stamp, origin, writer, &random) else { return }
            time = due
        }
    }

    private static let downloadStepsMax = 400
}
