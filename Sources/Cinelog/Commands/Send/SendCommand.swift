/// `cinelog send`.
extension Command {
    static let send = Command(
        name: "send", summary: "Posts events from NDJSON, a file's or standard input's.",
        help: """
            Posts events, one JSON object a line, each with "type" (click, page, film or custom), to a collector:

              cinelog send events.ndjson
              zcat old-events.gz | cinelog send --rate 5000

            Events without an event_id get one, so that a batch sent again after a failure makes no second row. Rejected events
            are told with line, field and reason. Exit code: 0 all accepted, 1 some rejected, 64 wrong arguments, 69 not delivered.
            """,
        options: [
            CommandOption("url", "URL", "The collector (default http://127.0.0.1:8080)."),
            CommandOption("batch", "N", "Events in one request (default 500)."),
            CommandOption("rate", "N", "Events a second at most (default: as fast as they are taken)."),
            CommandOption("token", "JWT", "Sent as Authorization: Bearer."),
            CommandOption("key", "KEY", "Write key, sent as X-Write-Key."),
            CommandOption("gzip", nil, "Compresses the batches."),
            CommandOption("quiet", nil, "No progress, no summary."),
        ], operandsMax: 1, run: runSendCommand)

    private static func runSendCommand(_ arguments: Arguments) throws -> Int32 {
        guard arguments.rest.count <= 1 else { throw UsageError("cinelog send takes one file") }
        var options = SendOptions()
        options.file = arguments.rest.first
        options.url = arguments.text("url") ?? options.url
        options.batchEventsMax = try arguments.number("batch", 1...2000, default: options.batchEventsMax)
        if arguments.has("rate") {
            options.eventsPerSecond = Double(try arguments.number("rate", 1...10_000_000, default: 1))
        }
        options.token = arguments.text("token")
        options.writeKey = arguments.text("key")
        options.gzip = arguments.has("gzip")
        options.quiet = arguments.has("quiet")
        return runSend(options)
    }
}
