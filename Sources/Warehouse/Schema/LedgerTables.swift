/// The tables that say what became of each position of the log.
extension Table {
    private static let position = [
        Column("topic", .label, "The log's topic"),
        Column("log", .uuid, "Which log: positions of one mean nothing in another"),
        Column("partition", .wholeNumber, "The topic's partition"),
        Column("position", .wholeNumber, "The line's position in the partition"),
    ]

    /// What was refused: by a check when it came in (topic `rejected`), by the engine, or because the log was damaged.
    public static let quarantine = Table(
        storageName: "quarantine_local", viewNames: ["quarantine"],
        columns: position + [
            Column("kind", .label, "click, page, film, custom; empty: not known"),
            Column("event_id", .uuid, "The event, where it says so"),
            Column("user_id", .uuid, "From the token; the nil UUID is an anonymous viewer", personal: .user),
            Column("anonymous_id", .text, "The device's own identity, where it could be read", personal: .device),
            Column("received_at", .time, "When it came in"),
            Column("sent_at", .time, "The sender's clock then, where its batch said so; 1970: it did not"),
            Column(
                "verdict", .label, "bot: a request's User-Agent named one; the rest of a verdict is found by a replay"),
            Column("quarantined_at", .time, "When it was refused, refused for another reason, or replayed"),
            Column("source", .label, "rejected: by a check; refused: by the engine; damaged: in the log"),
            Column("field", .label, "The field at fault; empty: the event as a whole"),
            Column("reason", .text, "Why, in words", personal: .quotation),
            Column("payload", .text, "What came: the event as it was sent, or its line", personal: .quotation),
            Column("replayed_at", .time, "When it went into its table after all; 1970: it did not"),
        ], timeColumn: "quarantined_at", versionColumn: "quarantined_at",
        key: .columns(["topic", "log", "partition", "position"]))

    /// One row a position of the log: which event it carried, and what became of it.
    public static let deliveries = Table(
        storageName: "deliveries_local", viewNames: ["deliveries"],
        columns: position + [
            Column("kind", .label, "Whose table the event belongs to; empty: not known"),
            Column("event_id", .uuid, "The event"),
            Column("received_at", .time, "When it came in"),
            Column("outcome", .label, "stored, quarantined, replayed, forgotten or lost"),
            Column("noted_at", .time, "When this became of it; of several rows the latest counts"),
        ], timeColumn: "received_at", versionColumn: "noted_at",
        key: .columns(["topic", "log", "partition", "position"]), retention: .ledger)

    /// Receipts of erasures: what was erased when, and never whose it was.
    static let erasures = Table(
        storageName: "erasures_local", viewNames: ["erasures"],
        columns: [
            Column("receipt", .uuid, "The receipt's number"),
            Column("requested_at", .time, "When it was asked for"),
            Column("noted_at", .time, "When this was so; of several rows the latest counts"),
            Column(
                "complete", .wholeNumber, "1: nothing is left; 0: loading has still to pass what was collected before"),
            Column("log_lines_waiting", .wholeNumber, "Lines of the log that loading has still to pass"),
            Column("erased", .text, "Rows by table, as JSON"),
            Column("set_aside", .text, "Damaged logs that were set aside and may hold more, as JSON"),
        ], timeColumn: "requested_at", versionColumn: "noted_at", key: .columns(["receipt"]))
}
