import Events

/// A film and what makes people watch it the way they do.
struct Film {
    let id: UUID
    let title: String
    /// Its name in addresses.
    let slug: String
    let genre: String
    let seconds: Double
    /// Titles that many skip.
    let intro: ClosedRange<Double>
    let creditsStart: Double
    /// What people wind back for.
    let famousScenes: [ClosedRange<Double>]
    /// How likely somebody who began it stays to its end.
    let grip: Double

    init(_ record: FilmRecord, number: Int) {
        var random = DemoRandom(seed: 0xF11E, stream: number)
        id = UUID(record.identifier) ?? .none
        title = record.title
        slug = Film.slug(record.title)
        genre = record.genre
        let seconds = Double(record.minutes * 60)
        self.seconds = seconds
        let introStart = Double(random.uniform(10...120))
        intro = introStart...(introStart + Double(random.uniform(35...80)))
        creditsStart = (seconds * random.uniform(0.955...0.975)).rounded()
        famousScenes = (0..<random.uniform(2...3)).map { _ in
            let start = (seconds * random.uniform(0.15...0.9)).rounded()
            return start...(start + Double(random.uniform(20...75)))
        }
        grip = random.uniform(0.3...0.75)
    }

    var url: String { "\(Film.site)/films/\(slug)" }

    static let site = "https://cinema.example"

    private static func slug(_ title: String) -> String {
        let words = title.lowercased().replacing("é", with: "e").replacing("'", with: "")
            .split { !$0.isLetter && !$0.isNumber }
        return words.joined(separator: "-")
    }
}

/// The programme. Popularity falls with the place in it as Zipf's law has it.
struct FilmCatalogue {
    let films: [Film]
    private let weights: [Double]

    init() {
        films = FilmRecord.all.enumerated().map { Film($1, number: $0) }
        weights = films.indices.map { 1 / Double($0 + 1) }
    }

    func popular(_ random: inout DemoRandom) -> Film { films[random.place(weights: weights)] }
}
