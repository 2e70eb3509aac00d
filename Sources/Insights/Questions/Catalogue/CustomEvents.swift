import Events
import Warehouse

extension Parameter {
    fileprivate static let name = Parameter(
        "name", .text(bytesMax: 512), Words("The events\u{2019} name", "Имя событий"), required: true)
    fileprivate static let property = Parameter(
        "property", .text(bytesMax: 512), Words("A property of `information`", "Свойство в `information`"),
        required: true)
}

extension Question {
    static let events = Question(
        "events", Words("Custom events", "Свои события"),
        computed: Words("Custom events by name, each once.", "Свои события по имени, каждое один раз."),
        parameters: [.from, .to, .platform, .verdict, .limit],
        columns: [
            AnswerColumn("name", .label, "Name", "Имя"), AnswerColumn("events", .count, "Events", "События"),
            AnswerColumn("viewers", .count, "Viewers", "Зрители"), AnswerColumn("first", .time, "First", "Первое"),
            AnswerColumn("last", .time, "Last", "Последнее"), AnswerColumn("example", .text, "Example", "Пример"),
        ]
    ) { asking in
        let (filter, dialect) = (asking.filter, asking.dialect)
        return Answer(
            rows: """
                SELECT name, count() AS events, uniqExact(viewer) AS viewers,
                    \(dialect.rfc3339("min(time)")) AS first, \(dialect.rfc3339("max(time)")) AS last,
                    argMax(information, time) AS example
                FROM (\(filter.once(.custom, "name", "time", "information", "viewer"))) GROUP BY name
                ORDER BY events DESC, name LIMIT \(filter.rowsMax + 1)
                """, limit: filter.rowsMax)
    }

    static let eventProperties = Question(
        "event_properties", Words("Properties of an event", "Свойства события"),
        computed: Words(
            "The properties that events of a name have, by how many events have them.",
            "Свойства событий с этим именем по числу событий, где они есть."),
        parameters: [.name, .from, .to, .platform, .verdict, .limit],
        columns: [
            AnswerColumn("property", .label, "Property", "Свойство"),
            AnswerColumn("events", .count, "Events", "События"),
            AnswerColumn("values", .count, "Different values", "Разных значений"),
            AnswerColumn("example", .text, "Example", "Пример"),
        ]
    ) { asking in
        let (filter, dialect) = (asking.filter, asking.dialect)
        return Answer(
            rows: """
                SELECT pair.1 AS property, count() AS events, uniqExact(pair.2) AS values,
                    \(dialect.bareJSON("max(pair.2)")) AS example
                FROM (\(filter.once(.custom, "information", where: named(filter))))
                ARRAY JOIN \(dialect.jsonMembers("information")) AS pair GROUP BY property
                ORDER BY events DESC, property LIMIT \(filter.rowsMax + 1)
                """, limit: filter.rowsMax)
    }

    static let eventValues = Question(
        "event_values", Words("Values of a property", "Значения свойства"),
        computed: Words(
            "Custom events of a name by the value of one property; the share is of events that have it.",
            "События с этим именем по значению свойства; доля от событий, где свойство есть."),
        parameters: [.name, .property, .from, .to, .platform, .verdict, .limit],
        columns: [
            AnswerColumn("value", .text, "Value", "Значение"), AnswerColumn("events", .count, "Events", "События"),
            AnswerColumn("viewers", .count, "Viewers", "Зрители"), AnswerColumn("share", .share, "Share", "Доля"),
        ]
    ) { asking in
        let (filter, dialect) = (asking.filter, asking.dialect)
        let property = filter.values.text("property") ?? ""
        let value = dialect.bareJSON(dialect.jsonMember("information", property))
        let values = """
            SELECT \(value) AS value, count() AS events, uniqExact(viewer) AS viewers
            FROM (\(filter.once(.custom, "information", "viewer", where: named(filter))))
            WHERE \(dialect.hasMember("information", property)) GROUP BY value
            """
        return Answer(
            rows: """
                \(dialect.shares(of: "events", columns: ["value", "events", "viewers"], in: values))
                ORDER BY events DESC, value LIMIT \(filter.rowsMax + 1)
                """, limit: filter.rowsMax)
    }

    private static func named(_ filter: Filter) -> String {
        "name = '\((filter.values.text("name") ?? "").sqlEscaped)'"
    }
}
