import Events

/// A program that clicks its way through the site: no dwell time, and faster than fingers are. Its user agent, by which
/// it would be known, is not an event's to tell; `automated` and the speed are.
struct BotRun {
    private let catalogue: FilmCatalogue
    private var clicksLeft: Int

    init(_ catalogue: FilmCatalogue, _ random: inout DemoRandom) {
        self.catalogue = catalogue
        clicksLeft = random.uniform(60...200)
    }

    /// Answers when the next click is due; nil after the last.
    mutating func step(
        _ now: Int64, _ origin: EventOrigin, _ writer: EventWriter, _ random: inout DemoRandom
    ) -> Int64? {
        let film = random.pick(catalogue.films)
        let stamp = EventStamp.live(now)
        writer.writeClick("card#\(film.slug)", film.title, url: Film.site + "/films", origin, stamp, &random)
        writer.write(.page, origin, stamp) { event in
            event.text("url", film.url)
            event.integer("duration", 0)
            event.text("title", film.title)
        }
        clicksLeft -= 1
        return clicksLeft > 0 ? now + Int64(random.uniform(20...120)) : nil
    }
}
