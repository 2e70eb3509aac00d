import Events

/// Somebody looking round the site: pages with their dwell time, clicks on what is there, now and then a search, and a
/// film in the end.
struct Browsing {
    enum Outcome {
        case next(at: Int64)
        case play(Film)
        case leave
    }

    private enum Page {
        case home, catalogue, search
        case film(Film)
    }

    private static let referrers = [
        "", "", "", "https://www.google.com/", "https://duckduckgo.com/", "https://www.reddit.com/r/movies/",
        "https://t.me/", "https://news.example/culture/what-to-watch",
    ]
    private static let genres = ["drama", "comedy", "thriller", "science fiction", "romance", "crime", "documentary"]

    private let catalogue: FilmCatalogue
    private var page: Page
    private var referrer: String
    private var enteredAt: Int64
    /// Clicks on this page before the one that leaves it.
    private var clicksLeft: Int
    private var pagesLeft: Int

    init(_ catalogue: FilmCatalogue, now: Int64, _ random: inout DemoRandom) {
        self.catalogue = catalogue
        let landing = random.place(weights: [0.55, 0.1, 0.05, 0.3])
        page = [.home, .catalogue, .search, .film(catalogue.popular(&random))][landing]
        referrer = random.pick(Browsing.referrers)
        enteredAt = now
        clicksLeft = random.uniform(0...2)
        pagesLeft = random.uniform(1...7)
    }

    /// When the next click on this page, or the end of the stay, is due.
    func pause(after now: Int64, _ random: inout DemoRandom) -> Int64 {
        now + 400 + Int64(min(random.logNormal(median: 6, spread: 0.9), 300) * 1000)
    }

    mutating func step(_ now: Int64, _ origin: EventOrigin, _ writer: EventWriter, _ random: inout DemoRandom)
        -> Outcome
    {
        let stamp = EventStamp.live(now)
        if clicksLeft > 0 {
            clicksLeft -= 1
            let (object, label) = random.pick(things)
            writer.writeClick(object, label, url: url, origin, stamp, &random)
            return .next(at: pause(after: now, &random))
        }
        if case .film(let film) = page, random.chance(0.5) {
            writer.writeClick("button#play", "Watch", url: url, origin, stamp, &random)
            tellPage(stamp, origin, writer, &random)
            return .play(film)
        }
        return leavePage(stamp, origin, writer, &random)
    }

    private mutating func leavePage(
        _ stamp: EventStamp, _ origin: EventOrigin, _ writer: EventWriter, _ random: inout DemoRandom
    ) -> Outcome {
        pagesLeft -= 1
        if case .search = page { tellSearch(stamp, origin, writer, &random) }
        guard pagesLeft > 0 else {
            tellPage(stamp, origin, writer, &random)
            return .leave
        }
        let (object, label, next) = wayOn(&random)
        writer.writeClick(object, label, url: url, origin, stamp, &random)
        tellPage(stamp, origin, writer, &random)
        referrer = url
        page = next
        enteredAt = stamp.time
        clicksLeft = random.uniform(0...2)
        return .next(at: pause(after: stamp.time, &random))
    }

    // MARK: Pages

    private var url: String {
        switch page {
        case .home: "\(Film.site)/"
        case .catalogue: "\(Film.site)/films"
        case .search: "\(Film.site)/search"
        case .film(let film): film.url
        }
    }

    private var title: String {
        switch page {
        case .home: "Cinema"
        case .catalogue: "All films"
        case .search: "Search"
        case .film(let film): film.title
        }
    }

    /// What can be clicked without leaving the page.
    private var things: [(object: String, label: String)] {
        switch page {
        case .home: [("carousel#next", "Next"), ("carousel#previous", "Previous"), ("banner#close", "Close")]
        case .catalogue: [("pager#more", "Show more"), ("sort#popular", "Popular"), ("sort#new", "New")]
        case .search: [("filter#genre", "Genre"), ("filter#year", "Year"), ("input#query", "")]
        case .film:
            [
                ("button#trailer", "Trailer"), ("button#watchlist", "Watch later"), ("tab#cast", "Cast"),
                ("tab#reviews", "Reviews"), ("button#share", "Share"),
            ]
        }
    }

    private func wayOn(_ random: inout DemoRandom) -> (object: String, label: String, next: Page) {
        switch random.place(weights: [0.66, 0.14, 0.12, 0.08]) {
        case 0:
            let film = catalogue.popular(&random)
            return ("card#\(film.slug)", film.title, .film(film))
        case 1: return ("nav#films", "Films", .catalogue)
        case 2: return ("nav#search", "Search", .search)
        default: return ("nav#home", "Home", .home)
        }
    }

    // MARK: Telling

    private func tellPage(
        _ stamp: EventStamp, _ origin: EventOrigin, _ writer: EventWriter, _ random: inout DemoRandom
    ) {
        let scroll = Double(random.uniform(0...100))
        writer.write(.page, origin, stamp) { event in
            event.text("url", url)
            event.number("duration", Double(stamp.time - enteredAt) / 1000)
            event.text("title", title)
            if !referrer.isEmpty { event.text("referrer", referrer) }
            event.number("scroll", scroll)
        }
    }

    private func tellSearch(
        _ stamp: EventStamp, _ origin: EventOrigin, _ writer: EventWriter, _ random: inout DemoRandom
    ) {
        let wanted = (0..<random.uniform(1...2)).map { _ in random.pick(Browsing.genres) }
        let from = 2024 - random.uniform(0...14)
        let results = catalogue.films.count { wanted.contains($0.genre) }
        writer.writeCustom("search_filtered", origin, stamp) { event in
            event.texts("genres", wanted)
            event.integer("year_from", Int64(from))
            event.integer("results", Int64(results))
        }
    }
}
