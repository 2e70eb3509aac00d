import Events

/// A made-up evening of an online cinema: a discrete-event simulation. The same seed and start tell the same story.
///
/// The rate is kept by how many viewers there are, not by how fast they live.
package final class Evening {
    /// About what one viewer of the usual mixture sends, to begin with.
    private static let eventsPerViewerSecond = 0.13
    /// How much of the difference between wanted and present viewers is made good each second.
    private static let correction = 0.15
    /// Seconds over which the rate is averaged.
    private static let averagingSeconds = 20.0
    /// Of those there at the start, how many are in the middle of a film.
    private static let watchingAtStart = 0.8

    private let seed: UInt64
    private let eventsPerSecond: Double
    private let catalogue = FilmCatalogue()
    private let writer: EventWriter
    private var random: DemoRandom
    private var queue = DueQueue<Visit>()
    /// Numbers of viewers who are there.
    private var present: Set<Int> = []
    private var population: Int
    private var nextSecond: Int64
    private var countAtSecond = 0
    private var averageRate: Double

    /// - Parameter sink: takes each event, a line of JSON, valid during the call.
    package init(
        seed: UInt64, startUnixMilliseconds: Int64, viewers: Int, eventsPerSecond: Double,
        _ sink: @escaping (UnsafeRawBufferPointer) -> Void
    ) {
        self.seed = seed
        self.eventsPerSecond = eventsPerSecond
        random = DemoRandom(seed: seed)
        writer = EventWriter(seed: seed ^ 0xE7E7, sink)
        population = max(viewers, 1)
        nextSecond = startUnixMilliseconds + 1000
        averageRate = eventsPerSecond
        open(startUnixMilliseconds)
    }

    /// How many viewers are there.
    package var presentCount: Int { queue.count }

    /// Lets everything happen that is due until then, or until `isEnough` says so; false in the latter case.
    package func advance(to unixMilliseconds: Int64, until isEnough: () -> Bool = { false }) -> Bool {
        while true {
            let due = min(queue.firstDue ?? .max, nextSecond)
            guard due <= unixMilliseconds else { return true }
            if isEnough() { return false }
            if due == nextSecond { regulate(due) } else { step() }
        }
    }

    private func step() {
        guard let (now, visit) = queue.removeFirst() else { return }
        if let due = visit.step(now, writer) { return queue.insert(visit, due: max(due, now + 1)) }
        present.remove(visit.viewer.number)
        goOn(visit, now)
    }

    // MARK: Comings and goings

    /// The evening is under way when the demo starts: most are in the middle of a film.
    private func open(_ now: Int64) {
        for _ in 0..<max(1, Int(eventsPerSecond / Evening.eventsPerViewerSecond)) {
            guard random.chance(Evening.watchingAtStart) else {
                admit(now + Int64(random.uniform(0...9999)))
                continue
            }
            let viewer = absentViewer()
            let film = catalogue.popular(&random)
            let place = Visit.Unfinished(film: film, position: (film.seconds * random.uniform(0.02...0.9)).rounded())
            let visit = Visit.resuming(
                place, viewer, on: viewer.devices[0], catalogue, now: now, phase: random.uniform(0.01...1), &random)
            enter(visit)
        }
    }

    private func admit(_ now: Int64) {
        let viewer = absentViewer()
        let visit = Visit.arriving(viewer, catalogue, now: now, &random)
        enter(visit)
        guard viewer.isOffline, random.chance(0.5) else { return }
        visit.tellDownload(watchedHoursAgo: random.uniform(4...40), now: now, writer)
    }

    private func enter(_ visit: Visit) {
        present.insert(visit.viewer.number)
        queue.insert(visit, due: visit.firstDue)
    }

    /// Somebody who is not there. When most are, more live in the town.
    private func absentViewer() -> Viewer {
        if present.count * 2 >= population { population = present.count * 2 + 1 }
        while true {
            // At least half are absent: two tries on average.
            let number = random.uniform(0...(population - 1))
            if !present.contains(number) { return Viewer(number: number, seed: seed) }
        }
    }

    /// A film left on one device goes on on the other a little later.
    private func goOn(_ visit: Visit, _ now: Int64) {
        guard let unfinished = visit.unfinished, visit.viewer.devices.count > 1, random.chance(0.5) else { return }
        let later = now + Int64(random.uniform(30_000...600_000))
        enter(.resuming(unfinished, visit.viewer, on: visit.viewer.devices[1], catalogue, now: later, &random))
    }

    // MARK: Keeping the rate

    /// Once a second: as many come, or are sent home, as bring the rate nearer to the wanted one.
    private func regulate(_ now: Int64) {
        let events = Double(writer.count - countAtSecond)
        countAtSecond = writer.count
        nextSecond = now + 1000
        averageRate += (events - averageRate) / Evening.averagingSeconds
        let perViewer = max(averageRate / Double(max(queue.count, 1)), 0.02)
        let missing = (eventsPerSecond / perViewer - Double(queue.count)) * Evening.correction
        if missing > 0 {
            // A fraction of a viewer comes with that probability.
            let count = Int(missing) + (random.chance(missing - missing.rounded(.down)) ? 1 : 0)
            for _ in 0..<count { admit(now + Int64(random.uniform(0...999))) }
        } else if missing < -1 {
            for _ in 0..<Int(-missing) where queue.count > 0 {
                queue[random.uniform(0...queue.count - 1)].isLastStep = true
            }
        }
    }
}
