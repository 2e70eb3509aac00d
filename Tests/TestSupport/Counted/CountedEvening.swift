public import Events

/// A set of events small enough to count by hand: three viewers and a bot, on Tuesday 2026-11-24; one of them again on
/// Monday 30th.
public enum CountedEvening {
    public static let film = StoryLines.uuid(42)
    public static let other = StoryLines.uuid(43)

    public static func tell(_ story: inout StoryLines) {
        clicks(&story)
        pages(&story)
        for (at, to) in [(50.0, "\"1080p\""), (51, "\"1080p\""), (52, "720"), (53, "null")] {
            story.add(
                .custom, at: at, by: "ann", "\"name\":\"quality_changed\",\"information\":{\"to\":\(to),\"a\":[1]}")
        }
        story.add(.custom, at: 54, by: "bob", "\"name\":\"it's\",\"information\":{}")
        films(&story)
    }

    private static func clicks(_ story: inout StoryLines) {
        for (id, viewer, at) in [(1, "ann", 10.0), (2, "ann", 20), (3, "bob", 3600)] {
            story.add(.click, at: at, by: viewer, id: id, "\"obj_id\":\"play\",\"url\":\"/a\"")
        }
        story.add(.click, at: 30, by: "ann", "\"obj_id\":\"it's \\\\ 100%\",\"url\":\"/b\"")
        story.add(.click, at: 31, by: "bot", verdict: "bot", "\"obj_id\":\"play\",\"url\":\"/a\"")
        // The same click again, told later and without its time.
        story.add(.click, at: 90, by: "bob", id: 3, arrived: 4000, "\"obj_id\":\"play\",\"url\":\"/a\"")
    }

    private static func pages(_ story: inout StoryLines) {
        for (at, viewer, seconds, platform) in [
            (5.0, "ann", 10.0, "web"), (15, "ann", 20, "web"), (25, "bob", 0, "tv"), (26, "cat", 60, "tv"),
        ] {
            story.add(
                .page, at: at, by: viewer, platform: platform,
                "\"url\":\"/a\",\"duration\":\(seconds),\"title\":\"A at \(Int(at))\",\"scroll\":50")
        }
        story.add(.page, at: 40, by: "ann", "\"url\":\"/b\",\"duration\":0")
        story.add(.page, at: 6 * 86_400 + 1, by: "ann", "\"url\":\"/b\",\"duration\":5")
    }

    private static func films(_ story: inout StoryLines) {
        story.watch(film, at: 100, by: "ann", view: "v1", position: 60, duration: 100, [(0, 60)])
        story.watch(film, at: 200, by: "ann", view: "v1", position: 40, duration: 100, [(30, 40)])
        story.watch(
            film, at: 300, by: "bob", view: "v2", position: 98, duration: 100, [(0, 98)],
            extra: #","extra":{"a":{"title":"no"},"title":"It's \"42\""}"#)
        story.watch(film, at: 301, by: "cat", position: 7, [])
        story.watch(film, at: 302, by: "bad", verdict: "implausible", position: 7, duration: 65_535, [(0, 65_535)])
        story.watch(other, at: 400, by: "ann", position: 5, [(0, 5)])
    }
}
