import Events

/// Who was there on which day, by kind of event: fed as events are inserted, a row for many of them. Whatever comes twice,
/// late or out of order leaves it as it is (docs/decisions/0012-seen.md). Who watched films is in `watched`.
extension Table {
    public static let seen = Table(
        storageName: "seen_local", viewNames: ["seen"],
        columns: [
            Column("kind", .label, "click, page or custom"),
            Column("day", .day, "The day of it, UTC"),
            Column("user_id", .uuid, "From the token; the nil UUID is an anonymous viewer", personal: .user),
            Column("anonymous_id", .text, "The device\u{2019}s own identity", personal: .device),
            Column("session_id", .text, "One visit, where neither user nor device is known"),
            Column("platform", .label, "web, ios, tv, …"),
            Column("verdict", .label, "Empty: good. Else why not to trust it: bot, implausible, clock"),
            Column("first_at", .time, "The earliest event", merging: .least),
            Column("received_at", .time, "The latest arrival", merging: .greatest),
        ], timeColumn: "first_at", versionColumn: "received_at",
        key: .columns(["kind", "day", "user_id", "anonymous_id", "session_id", "platform", "verdict"]), rows: .merged)

    /// The table that events of a kind feed as they are inserted.
    static func fed(by kind: EventKind) -> Table { kind == .film ? .watched : .seen }
}
