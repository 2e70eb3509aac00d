/// What a viewer will do at a place of a film.
struct Intention {
    enum Action {
        case pause(milliseconds: Int64)
        case seek(to: Double, SeekReason)
        case changeQuality(to: String)
    }

    enum SeekReason { case intro, again, onward }

    static let qualities = ["480p", "720p", "1080p", "2160p"]

    /// Film seconds.
    let position: Double
    let action: Action

    /// The player's button for it; nil where nobody pressed one.
    var button: (object: String, label: String)? {
        switch action {
        case .pause: ("player#pause", "Pause")
        case .seek(_, .intro): ("player#skip-intro", "Skip intro")
        case .seek(_, .again): ("player#back", "Back")
        case .seek(_, .onward): ("player#forward", "Forward")
        case .changeQuality: nil
        }
    }

    /// All that this viewer will do with the rest of the film, in the order of places.
    static func draw(_ film: Film, from start: Double, _ viewer: Viewer, _ random: inout DemoRandom) -> [Intention] {
        var all = pauses(film, from: start, &random) + rewatching(film, viewer, &random)
        if viewer.skipsIntro {
            all.append(Intention(position: film.intro.lowerBound, action: .seek(to: film.intro.upperBound, .intro)))
        }
        if random.chance(viewer.impatience) {
            let place = (film.seconds * random.uniform(0.1...0.8)).rounded()
            let target = place + Double(random.uniform(60...400))
            all.append(Intention(position: place, action: .seek(to: min(target, film.creditsStart), .onward)))
        }
        all += qualityChanges(film, from: start, &random)
        // A stable order for places that coincide, so that a seed always tells the same story.
        return all.filter { $0.position > start }.enumerated()
            .sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }.map(\.element)
    }

    private static func pauses(_ film: Film, from start: Double, _ random: inout DemoRandom) -> [Intention] {
        var all: [Intention] = []
        var place = start + random.exponential(mean: 2400).rounded()
        while place < film.seconds {
            let seconds = min(random.logNormal(median: 45, spread: 1.1), 1200)
            all.append(Intention(position: place, action: .pause(milliseconds: Int64(seconds * 1000))))
            place += 30 + random.exponential(mean: 2400).rounded()
        }
        return all
    }

    private static func rewatching(_ film: Film, _ viewer: Viewer, _ random: inout DemoRandom) -> [Intention] {
        film.famousScenes.filter { _ in random.chance(viewer.rewatching) }.map {
            Intention(position: $0.upperBound, action: .seek(to: $0.lowerBound, .again))
        }
    }

    private static func qualityChanges(_ film: Film, from start: Double, _ random: inout DemoRandom) -> [Intention] {
        var all: [Intention] = []
        var place = start + Double(random.uniform(4...30))
        while place < film.seconds {
            if random.chance(0.35) {
                all.append(Intention(position: place, action: .changeQuality(to: random.pick(qualities))))
            }
            place += 60 + random.exponential(mean: 1500).rounded()
        }
        return all
    }
}
