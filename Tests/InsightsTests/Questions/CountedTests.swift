import Events
import Foundation
import Testing
import Warehouse

extension AnswerTests {
    /// A set of events small enough to count by hand.
    @Suite struct CountedTests {
        private let hour = 3600.0
        private let film = Story.uuid(42)
        private let other = Story.uuid(43)

        /// Three viewers and a bot, on Tuesday 2026-11-24; one of them again on Monday 30th.
        private func evening() throws -> Story {
            let story = try Story()
            for (id, viewer, at) in [(1, "ann", 10.0), (2, "ann", 20), (3, "bob", 3600)] {
                story.add(.click, at: at, by: viewer, id: id, "\"obj_id\":\"play\",\"url\":\"/a\"")
            }
            story.add(.click, at: 30, by: "ann", "\"obj_id\":\"it's \\\\ 100%\",\"url\":\"/b\"")
            story.add(.click, at: 31, by: "bot", verdict: "bot", "\"obj_id\":\"play\",\"url\":\"/a\"")
            // The same click again, told later and without its time.
            story.add(.click, at: 90, by: "bob", id: 3, arrived: 4000, "\"obj_id\":\"play\",\"url\":\"/a\"")
            for (at, viewer, seconds, platform) in [
                (5.0, "ann", 10.0, "web"), (15, "ann", 20, "web"), (25, "bob", 0, "tv"), (26, "cat", 60, "tv"),
            ] {
                story.add(
                    .page, at: at, by: viewer, platform: platform,
                    "\"url\":\"/a\",\"duration\":\(seconds),\"title\":\"A at \(Int(at))\",\"scroll\":50")
            }
            story.add(.page, at: 40, by: "ann", "\"url\":\"/b\",\"duration\":0")
            story.add(.page, at: 6 * 86_400 + 1, by: "ann", "\"url\":\"/b\",\"duration\":5")
            for (at, to) in [(50.0, "\"1080p\""), (51, "\"1080p\""), (52, "720"), (53, "null")] {
                story.add(
                    .custom, at: at, by: "ann", "\"name\":\"quality_changed\",\"information\":{\"to\":\(to),\"a\":[1]}")
            }
            story.add(.custom, at: 54, by: "bob", "\"name\":\"it's\",\"information\":{}")
            story.watch(film, at: 100, by: "ann", view: "v1", position: 60, duration: 100, [(0, 60)])
            story.watch(film, at: 200, by: "ann", view: "v1", position: 40, duration: 100, [(30, 40)])
            story.watch(film, at: 300, by: "bob", view: "v2", position: 98, duration: 100, [(0, 98)])
            story.watch(film, at: 301, by: "cat", position: 7, [])
            story.watch(film, at: 302, by: "bad", verdict: "implausible", position: 7, duration: 65_535, [(0, 65_535)])
            story.watch(other, at: 400, by: "ann", position: 5, [(0, 5)])
            try story.tell()
            return story
        }

        @Test func `Totals`() throws {
            let story = try evening()
            defer { try? story.clear() }
            let columns = "kind table events viewers first"
            #expect(
                try story.rows("totals", columns) == [
                    "click clicks 4 2 2026-11-24T00:00:10.000Z", "page pages 6 3 2026-11-24T00:00:05.000Z",
                    "film views 5 3 2026-11-24T00:01:40.000Z", "custom custom_events 5 2 2026-11-24T00:00:50.000Z",
                ])
            #expect(try story.rows("totals?verdict=any", "events viewers") == ["5 3", "6 3", "6 4", "5 2"])
            #expect(
                try story.rows("totals?verdict=bot", "events viewers last").map {
                    $0.replacing("2026-11-24T", with: "")
                }
                    == ["1 1 00:00:31.000Z", "0 0 null", "0 0 null", "0 0 null"])
            #expect(try story.rows("totals?platform=tv", "events") == ["0", "2", "0", "0"])
            #expect(
                try story.rows("totals?from=2026-11-24T00:00:20Z&to=2026-11-24T00:05:01Z", "events viewers")
                    == ["3 2", "3 3", "3 2", "5 2"])
            // A whole day from the tables of days, and what is left on both sides from the events.
            #expect(
                try story.rows("totals?from=2026-11-23T12:00:00Z&to=2026-11-30T00:00:01Z", "events viewers")
                    == ["4 2", "5 3", "5 3", "5 2"])
            #expect(
                try story.rows("totals?from=2026-11-24T00:00:30Z&to=2026-11-30T00:00:02Z", "events viewers")
                    == ["2 2", "2 1", "5 3", "5 2"])
            #expect(try story.rows("platforms", "platform viewers") == ["web 3", "tv 2"])
        }

        @Test func `Rates`() throws {
            let story = try evening()
            defer { try? story.clear() }
            let day = "from=2026-11-24T00:00:00Z&to=2026-11-24T00:00:45Z&step=10"
            #expect(
                try story.rows("rates?" + day, "time click page film custom events").map { String($0.dropFirst(14)) }
                    == [
                        "00:00.000Z 0 1 0 0 1", "00:10.000Z 1 1 0 0 2", "00:20.000Z 1 2 0 0 3", "00:30.000Z 1 0 0 0 1",
                        "00:40.000Z 0 1 0 0 1",
                    ])
            #expect(try story.ask("rates?" + day).text("step_seconds") == "10")
            // Without an end it is now, whatever viewers' clocks say.
            story.add(.click, at: 86_400 * 9_000, by: "ann", verdict: "clock", "\"obj_id\":\"x\"")
            try story.tell()
            let latest = try #require(try story.rows("rates?verdict=any", "time").last)
            #expect(latest < "2027-12")
        }

        @Test func `Clicks, pages and custom events`() throws {
            let story = try evening()
            defer { try? story.clear() }
            #expect(
                try story.rows("clicks", "obj_id url clicks viewers share")
                    == ["play /a 3 2 0.75", "it's \\ 100% /b 1 1 0.25"])
            #expect(try story.rows("clicks?page=/b", "obj_id share") == ["it's \\ 100% 1"])
            #expect(
                try story.rows("pages", "url title views viewers mean_seconds median_seconds scroll_percent")
                    == ["/a A at 26 4 3 30 20 50", "/b  2 1 5 5 null"])
            #expect(
                try story.rows("events", "name events viewers example") == [
                    #"quality_changed 4 1 {"to":null,"a":[1]}"#, "it's 1 1 {}",
                ])
            #expect(try story.rows("events?platform=tv", "name") == [])
            #expect(
                try story.rows("event_properties?name=quality_changed", "property events values example")
                    == ["a 4 1 [1]", "to 4 3 null"])
            #expect(
                try story.rows("event_values?name=quality_changed&property=to", "value events viewers share")
                    == ["1080p 2 1 0.5", "720 1 1 0.25", "null 1 1 0.25"])
            #expect(try story.rows("event_values?name=it%27s&property=%27%5C", "value") == [])
        }

        @Test func `Films`() throws {
            let story = try evening()
            defer { try? story.clear() }
            let columns = "film_id viewers plays duration unique_seconds average_share completions completion_rate"
            #expect(
                try story.rows("films", columns) == [
                    "\(film) 3 3 100 158 0.5267 1 0.3333", "\(other) 1 1 null 5 null null null",
                ])
            #expect(try story.rows("films?film=\(film)&threshold=0.6", "completions") == ["2"])
            #expect(try story.rows("films?film=\(film)&threshold=1&credits=2", "completions") == ["1"])
            let one = try story.ask("films/\(film)")
            #expect(one.text(columns) == "\(film) 3 3 100 158 0.5267 1 0.3333")
            #expect(one.text("played_seconds rewatched_seconds") == "168 10")
            let curve = try #require(one["curve"] as? [[String: Any]])
            #expect(
                curve.count == 100
                    && curve[0].text("from to viewers plays rewatched left retention") == "0 1 2 2 0 0 0.6667")
            #expect(curve[35].text("from to viewers plays rewatched") == "35 36 2 3 0.3333")
            #expect(curve[59].text("viewers left") == "2 1" && curve[97].text("viewers left") == "1 1")
            #expect(curve[98].text("viewers plays left retention") == "0 0 0 0")
            #expect(Story.text(one["drop_offs"]).contains("59") && (one["peaks"] as? [Any])?.count == 5)
            let resume = try #require(one["resume"] as? [[String: Any]]).map { $0.text("from viewers") }
            #expect(resume == ["7 1", "40 1", "98 1"])
            let step = try story.ask("films/\(film)?step=40")
            #expect(
                (step["curve"] as? [[String: Any]])?.map { $0.text("from to viewers plays left") }
                    == ["0 40 2 2.25 0", "40 80 2 1.5 1", "80 100 1 0.9 1"])
            #expect(try story.ask("films/\(other)").text("duration unique_seconds") == "null 5")
            let nobody = try story.ask("films/\(Story.uuid(99))")
            #expect(
                nobody.text("viewers plays duration unique_seconds played_seconds completion_rate curve")
                    == "0 0 null 0 0 null []")
            #expect(try story.ask("films/\(film)?verdict=implausible").text("viewers unique_seconds") == "1 65535")
        }

        @Test func `Funnels`() throws {
            let story = try evening()
            defer { try? story.clear() }
            let columns = "step viewers share share_of_previous lost"
            #expect(
                try story.rows("funnel?step=page:/a&step=click:play&step=film:\(film)", columns)
                    == ["1 3 1 1 0", "2 2 0.6667 0.6667 1", "3 2 0.6667 1 0"])
            #expect(try story.rows("funnel?step=page&step=click&window=4", columns) == ["1 3 1 1 0", "2 0 0 0 3"])
            // One click is one step; two are two.
            #expect(try story.rows("funnel?step=click:pl*&step=click:*&step=click", "viewers") == ["2", "1", "1"])
            #expect(try story.rows("funnel?step=click:it%27s%20*%25&step=click", "viewers") == ["1", "0"])
            // Within a millisecond too.
            story.add(.click, at: 500, by: "dan", "\"obj_id\":\"first\"")
            story.add(.page, at: 500, by: "dan", "\"url\":\"/second\",\"duration\":1")
            try story.tell()
            #expect(try story.rows("funnel?step=click:first&step=page:/second", "viewers") == ["1", "1"])
            #expect(
                try story.rows("funnel?step=click:none&step=page", columns) == ["1 0 null null 0", "2 0 null null 0"])
        }

        @Test func `Retention, and who is there now`() throws {
            let story = try evening()
            defer { try? story.clear() }
            let weeks = "retention?from=2026-11-23&to=2026-12-07&weeks=3"
            #expect(try story.rows(weeks, "week viewers returned share") == ["2026-11-23 3 [3,1] [1,0.3333]"])
            let now = Double(Timestamp.nowSeconds - Story.moment(0).unixMilliseconds / 1000)
            story.add(.page, at: now - 20, by: "ann", "\"url\":\"/a\",\"duration\":1")
            story.watch(film, at: now - 30, by: "bob", position: 1, [])
            story.watch(film, at: now - 4000, by: "cat", position: 1, [])
            try story.tell()
            #expect(try story.ask("live").text("viewers watching seconds") == "2 1 300")
            #expect(try story.rows("live", "film_id viewers") == ["\(film) 1"])
            #expect(try story.ask("live?film=\(other)").text("viewers watching") == "0 0")
        }
    }
}

extension Timestamp {
    static var nowSeconds: Int64 { Int64(Date().timeIntervalSince1970) }
}
