import Events
import Warehouse

extension Parameter {
    fileprivate static let films = Parameter(
        "film", .uuids(1...100), Words("A film; once each", "Фильм; по разу на каждый"), required: true)
}

extension Question {
    static let titles = Question(
        "titles", Words("Titles of films", "Названия фильмов"),
        computed: Words(
            "The `title` that players sent along with events of a film, of any one of them; films without one are left out.",
            "`title`, который плееры прислали с событиями фильма, из любого такого события; фильмов без него в ответе нет."
        ),
        parameters: [.films],
        columns: [
            AnswerColumn("film_id", .uuid, "Film", "Фильм"), AnswerColumn("title", .text, "Title", "Название"),
        ]
    ) { asking in
        let films = asking.filter.values.uuids("film").map { asking.title(of: $0) }
        return Answer(rows: films.joined(separator: "\nUNION ALL\n"))
    }
}

extension Asking {
    /// Stops at the first, however many events there are. (Copies of an event have one title: no FINAL.)
    fileprivate func title(of film: UUID) -> String {
        """
        SELECT * FROM
        (
            SELECT film_id, \(dialect.jsonText("extra", "title")) AS title FROM \(dialect.allRows(EventTable.of(.film)))
            WHERE film_id = toUUID('\(film)') AND extra LIKE '%"title":%' AND title != '' LIMIT 1
        )
        """
    }
}
