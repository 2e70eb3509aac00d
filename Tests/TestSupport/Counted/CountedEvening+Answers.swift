extension CountedEvening {
    public static let totals = [
        CountedAnswer(
            "totals", "kind table events viewers first",
            [
                "click clicks 4 2 2026-11-24T00:00:10.000Z", "page pages 6 3 2026-11-24T00:00:05.000Z",
                "film views 5 3 2026-11-24T00:01:40.000Z", "custom custom_events 5 2 2026-11-24T00:00:50.000Z",
            ]),
        CountedAnswer("totals?verdict=any", "events viewers", ["5 3", "6 3", "6 4", "5 2"]),
        CountedAnswer(
            "totals?verdict=bot", "events viewers last",
            ["1 1 2026-11-24T00:00:31.000Z", "0 0 null", "0 0 null", "0 0 null"]),
        CountedAnswer("totals?platform=tv", "events", ["0", "2", "0", "0"]),
        CountedAnswer(
            "totals?from=2026-11-24T00:00:20Z&to=2026-11-24T00:05:01Z", "events viewers", ["3 2", "3 3", "3 2", "5 2"]),
        // A whole day from the tables of days, and what is left on both sides from the events.
        CountedAnswer(
            "totals?from=2026-11-23T12:00:00Z&to=2026-11-30T00:00:01Z", "events viewers", ["4 2", "5 3", "5 3", "5 2"]),
        CountedAnswer(
            "totals?from=2026-11-24T00:00:30Z&to=2026-11-30T00:00:02Z", "events viewers", ["2 2", "2 1", "5 3", "5 2"]),
        CountedAnswer("platforms", "platform viewers", ["web 3", "tv 2"]),
    ]

    private static let minute = "rates?from=2026-11-24T00:00:00Z&to=2026-11-24T00:00:45Z&step=10"

    public static let rates = [
        CountedAnswer(
            minute, "time click page film custom events",
            [
                "2026-11-24T00:00:00.000Z 0 1 0 0 1", "2026-11-24T00:00:10.000Z 1 1 0 0 2",
                "2026-11-24T00:00:20.000Z 1 2 0 0 3", "2026-11-24T00:00:30.000Z 1 0 0 0 1",
                "2026-11-24T00:00:40.000Z 0 1 0 0 1",
            ]),
        CountedAnswer(of: minute, "step_seconds", "10"),
    ]

    public static let pagesAndEvents = [
        CountedAnswer("clicks", "obj_id url clicks viewers share", ["play /a 3 2 0.75", "it's \\ 100% /b 1 1 0.25"]),
        CountedAnswer("clicks?page=/b", "obj_id share", ["it's \\ 100% 1"]),
        CountedAnswer(
            "pages", "url title views viewers mean_seconds median_seconds scroll_percent",
            ["/a A at 26 4 3 30 20 50", "/b  2 1 5 5 null"]),
        CountedAnswer(
            "events", "name events viewers example", [#"quality_changed 4 1 {"to":null,"a":[1]}"#, "it's 1 1 {}"]),
        CountedAnswer("events?platform=tv", "name", []),
        CountedAnswer(
            "event_properties?name=quality_changed", "property events values example", ["a 4 1 [1]", "to 4 3 null"]),
        CountedAnswer("event_properties?name=it%27s", "property", []),
        CountedAnswer(
            "event_values?name=quality_changed&property=to", "value events viewers share",
            ["1080p 2 1 0.5", "720 1 1 0.25", "null 1 1 0.25"]),
        CountedAnswer("event_values?name=it%27s&property=%27%5C", "value", []),
    ]

    private static let numbers =
        "film_id viewers plays duration unique_seconds average_share completions completion_rate"

    public static let films = [
        CountedAnswer("films", numbers, ["\(film) 3 3 100 158 0.5267 1 0.3333", "\(other) 1 1 null 5 null null null"]),
        CountedAnswer("films?film=\(film)&threshold=0.6", "completions", ["2"]),
        CountedAnswer("films?film=\(film)&threshold=1&credits=2", "completions", ["1"]),
        // Of a day by its halves: one from the table, one from the events.
        CountedAnswer("films?from=2026-11-24&to=2026-11-24T00:04:00Z", "viewers unique_seconds", ["1 60"]),
        CountedAnswer(of: "films/\(film)", numbers, "\(film) 3 3 100 158 0.5267 1 0.3333"),
        CountedAnswer(of: "films/\(film)", "played_seconds rewatched_seconds", "168 10"),
        CountedAnswer(
            "films/\(film)", list: "curve", count: 100, "from to viewers plays rewatched left retention",
            [
                0: "0 1 2 2 0 0 0.6667", 35: "35 36 2 3 0.3333 0 0.6667", 59: "59 60 2 2 0 1 0.6667",
                97: "97 98 1 1 0 1 0.3333", 98: "98 99 0 0 0 0 0",
            ]),
        CountedAnswer("films/\(film)", list: "drop_offs", count: 2, "from to left", [0: "59 60 1", 1: "97 98 1"]),
        CountedAnswer("films/\(film)", list: "peaks", count: 5, "plays viewers plays_per_viewer", [0: "3 2 1.5"]),
        CountedAnswer("films/\(film)", list: "resume", count: 3, "from viewers", [0: "7 1", 1: "40 1", 2: "98 1"]),
        CountedAnswer(
            "films/\(film)?step=40", list: "curve", count: 3, "from to viewers plays left",
            [0: "0 40 2 2.25 0", 1: "40 80 2 1.5 1", 2: "80 100 1 0.9 1"]),
        CountedAnswer(of: "films/\(other)", "duration unique_seconds", "null 5"),
        CountedAnswer(
            of: "films/\(StoryLines.uuid(99))",
            "viewers plays duration unique_seconds played_seconds completion_rate curve", "0 0 null 0 0 null []"),
        CountedAnswer(of: "films/\(film)?verdict=implausible", "viewers unique_seconds", "1 65535"),
        CountedAnswer(
            "titles?film=\(other)&film=\(film)&film=\(StoryLines.uuid(99))", "film_id title", ["\(film) It's \"42\""]),
    ]

    private static let steps = "step viewers share share_of_previous lost"

    public static let funnels = [
        CountedAnswer(
            "funnel?step=page:/a&step=click:play&step=film:\(film)", steps,
            ["1 3 1 1 0", "2 2 0.6667 0.6667 1", "3 2 0.6667 1 0"]),
        CountedAnswer("funnel?step=page&step=click&window=4", steps, ["1 3 1 1 0", "2 0 0 0 3"]),
        // One click is one step; two are two.
        CountedAnswer("funnel?step=click:pl*&step=click:*&step=click", "viewers", ["2", "1", "1"]),
        CountedAnswer("funnel?step=click:it%27s%20*%25&step=click", "viewers", ["1", "0"]),
        CountedAnswer("funnel?step=click:none&step=page", steps, ["1 0 null null 0", "2 0 null null 0"]),
    ]

    public static let retention = [
        CountedAnswer(
            "retention?from=2026-11-23&to=2026-12-07&weeks=3", "week viewers returned share",
            ["2026-11-23 3 [3,1] [1,0.3333]"])
    ]

    public static let all = totals + rates + pagesAndEvents + films + funnels + retention
}
