public import Events

/// The tables of events, one a kind, declared once: DDL, the structure of inserts and the docs derive from them.
public enum EventTable {
    /// The table of `kind`.
    public static func of(_ kind: EventKind) -> Table {
        switch kind {
        case .click: click
        case .page: page
        case .film: film
        case .custom: custom
        }
    }

    public static var all: [Table] { EventKind.allCases.map(of) }

    /// - Parameter leadingKey: what queries ask for first. It comes from the body, so a client's retry repeats it.
    private static func table(_ kind: EventKind, leadingKey: String, _ own: [Column]) -> Table {
        Table(
            storageName: kind.topic + "_local", viewNames: [kind.topic, kind.topic + "_distributed"],
            columns: common + own, timeColumn: "time", versionColumn: "received_at",
            key: .event(leading: leadingKey, identifier: "event_id"))
    }

    private static let common = [
        Column("event_id", .uuid, "One event, however often it is sent"),
        Column("user_id", .uuid, "From the token; the nil UUID is an anonymous viewer", personal: .user),
        Column("time", .time, "When it happened, by the viewer's corrected clock"),
        Column("received_at", .time, "When it was accepted; of several copies the latest is kept"),
        Column("anonymous_id", .text, "The device's own identity", personal: .device),
        Column("session_id", .text, "One visit"),
        Column("platform", .label, "web, ios, tv, …"),
        Column("app_version", .label, "The application's version"),
        Column("verdict", .label, "Empty: good. Else why not to trust it: bot, implausible, clock"),
        Column("extra", .text, "Fields beyond the contract, as JSON"),
    ]

    private static let click = table(
        .click, leadingKey: "obj_id",
        [
            Column("obj_id", .text, "What was clicked"),
            Column("url", .text, "On which page"),
            Column("x", .optionalNumber, "Where, in pixels"),
            Column("y", .optionalNumber, "Where, in pixels"),
            Column("text", .text, "Its label"),
        ])

    private static let page = table(
        .page, leadingKey: "url",
        [
            Column("url", .text, "The page"),
            Column("duration", .number, "Seconds on the page"),
            Column("title", .text, "Its title"),
            Column("referrer", .text, "Where the viewer came from"),
            Column("scroll", .optionalNumber, "How far it was scrolled, percent"),
        ])

    private static let film = table(
        .film, leadingKey: "film_id",
        [
            Column("film_id", .uuid, "The film"),
            Column("timecode", .text, "Playback position, HH:MM:SS.ffffff"),
            Column("position", .number, "Playback position, seconds"),
            Column("view_id", .text, "One viewing"),
            Column("duration", .optionalNumber, "The film's length, seconds"),
            Column("watched", .intervals, "What was watched: half-open intervals, seconds of the film"),
            Column("rate", .optionalNumber, "Playback rate"),
            Column("quality", .label, "1080p, 720p, …"),
        ])

    private static let custom = table(
        .custom, leadingKey: "name",
        [
            Column("name", .label, "quality_changed, watched_to_end, search_filtered or one's own"),
            Column("information", .text, "The event's properties, as JSON"),
        ])
}
