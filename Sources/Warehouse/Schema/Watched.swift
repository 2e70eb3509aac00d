/// What was watched of each film by each viewer: fed from the events of films as they are inserted. Whatever comes twice,
/// late or out of order leaves it as it is (docs/decisions/0011-watched.md).
extension Table {
    /// Intervals that one viewing can have in a day: a film of three hours told second by second has 10,800. Whoever sends
    /// more loses some; nobody's row grows without end.
    static let spansMax = 65_536

    public static let watched = Table(
        storageName: "watched_local", viewNames: ["watched"],
        columns: [
            Column("film_id", .uuid, "The film"),
            Column("user_id", .uuid, "From the token; the nil UUID is an anonymous viewer", personal: .user),
            Column("anonymous_id", .text, "The device\u{2019}s own identity", personal: .device),
            Column("session_id", .text, "One visit"),
            Column("view_id", .text, "One viewing"),
            Column("day", .day, "The day of it, UTC"),
            Column("platform", .label, "web, ios, tv, …"),
            Column("verdict", .label, "Empty: good. Else why not to trust it: bot, implausible, clock"),
            Column(
                "spans", .spans, "Played, half-open, in whole seconds of the film: from × 65536 + to",
                merging: .union(countMax: spansMax)),
            Column(
                "resume", .mark, "The latest event: its Unix milliseconds × 65536 + its position in seconds",
                merging: .greatest),
            Column("first_at", .time, "The earliest event", merging: .least),
            Column(
                "duration", .number, "The film\u{2019}s length as stated, seconds; 0: it was not", merging: .greatest),
            Column("received_at", .time, "The latest arrival", merging: .greatest),
        ], timeColumn: "first_at", versionColumn: "received_at",
        key: .columns([
            "film_id", "user_id", "anonymous_id", "session_id", "view_id", "day", "platform", "verdict",
        ]), rows: .merged)
}
