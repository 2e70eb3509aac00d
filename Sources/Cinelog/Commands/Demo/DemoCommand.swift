/// `cinelog demo`.
extension Command {
    static let demo = Command(
        name: "demo", summary: "Feeds a made-up evening of a cinema, to have something to look at.",
        help: """
            Plays an evening of an online cinema and sends it to a collector as it happens: viewers who browse, search, watch films
            with pauses and seeks, give up or watch to the end; bots, broken clocks, late offline batches. Ends with Ctrl-C.
            """,
        options: [
            CommandOption("url", "URL", "The collector (default http://127.0.0.1:8080)."),
            CommandOption("rate", "N", "Events a second (default 200)."),
            CommandOption("viewers", "N", "Different viewers, at least (default 3000)."),
            CommandOption("seconds", "N", "How long (default: until Ctrl-C)."),
            CommandOption("seed", "N", "The same seed makes the same evening (default 1)."),
            CommandOption("key", "KEY", "Write key, sent as X-Write-Key."),
            CommandOption("quiet", nil, "No progress, no summary."),
        ], run: runDemoCommand)

    private static func runDemoCommand(_ arguments: Arguments) throws -> Int32 {
        guard arguments.rest.isEmpty else { throw UsageError("cinelog demo takes options only") }
        var options = DemoOptions()
        options.url = arguments.text("url") ?? options.url
        options.eventsPerSecond = Double(try arguments.number("rate", 1...100_000, default: 200))
        options.viewers = try arguments.number("viewers", 1...10_000_000, default: options.viewers)
        if arguments.has("seconds") { options.seconds = try arguments.number("seconds", 1...1_000_000, default: 1) }
        options.seed = UInt64(try arguments.number("seed", 0...Int.max, default: 1))
        options.writeKey = arguments.text("key")
        options.quiet = arguments.has("quiet")
        return runDemo(options)
    }
}
