import Events
import Warehouse

extension Question {
    static let clicks = Question(
        "clicks", Words("Clicks", "Клики"),
        computed: Words(
            "Clicks by what was clicked and on which page; the share is of all clicks that pass the filters.",
            "Клики по объекту и странице; доля от всех кликов, прошедших фильтры."),
        parameters: [.from, .to, .page, .platform, .verdict, .limit],
        columns: [
            AnswerColumn("obj_id", .text, "Object", "Объект"), AnswerColumn("url", .text, "Page", "Страница"),
            AnswerColumn("clicks", .count, "Clicks", "Клики"), AnswerColumn("viewers", .count, "Viewers", "Зрители"),
            AnswerColumn("share", .share, "Share", "Доля"),
        ]
    ) { asking in
        let (filter, dialect) = (asking.filter, asking.dialect)
        let counts = """
            SELECT obj_id, url, count() AS clicks, uniqExact(viewer) AS viewers
            FROM (\(filter.once(.click, "obj_id", "url", "viewer"))) GROUP BY obj_id, url
            """
        return Answer(
            rows: """
                \(dialect.shares(of: "clicks", columns: ["obj_id", "url", "clicks", "viewers"], in: counts))
                ORDER BY clicks DESC, obj_id, url LIMIT \(filter.rowsMax + 1)
                """, limit: filter.rowsMax)
    }

    static let pages = Question(
        "pages", Words("Pages", "Страницы"),
        computed: Words(
            "Page views by address; mean and median of the time on the page, of views that tell it (above 0).",
            "Просмотры страниц по адресу; среднее и медиана времени на странице для просмотров, где оно больше 0."),
        parameters: [.from, .to, .page, .platform, .verdict, .limit],
        columns: [
            AnswerColumn("url", .text, "Page", "Страница"), AnswerColumn("title", .text, "Title", "Название"),
            AnswerColumn("views", .count, "Views", "Просмотры"), AnswerColumn("viewers", .count, "Viewers", "Зрители"),
            AnswerColumn("mean_seconds", .seconds, "Mean time", "Среднее время"),
            AnswerColumn("median_seconds", .seconds, "Median time", "Медиана времени"),
            AnswerColumn("scroll_percent", .number, "Scrolled, %", "Прокрутка, %"),
        ]
    ) { asking in
        let (filter, dialect) = (asking.filter, asking.dialect)
        return Answer(
            rows: """
                SELECT url, argMax(title, time) AS title, count() AS views,
                    uniqExact(viewer) AS viewers,
                    if(countIf(duration > 0) = 0, NULL, round(sum(duration) / countIf(duration > 0), 3)) AS mean_seconds,
                    if(countIf(duration > 0) = 0, NULL, round(\(dialect.median("duration", where: "duration > 0")), 3))
                        AS median_seconds,
                    round(avg(scroll), 1) AS scroll_percent
                FROM (\(filter.once(.page, "url", "title", "time", "duration", "scroll", "viewer"))) GROUP BY url
                ORDER BY views DESC, url LIMIT \(filter.rowsMax + 1)
                """, limit: filter.rowsMax)
    }
}
