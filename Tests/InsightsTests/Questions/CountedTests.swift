import Events
import Foundation
import TestSupport
import Testing
import Warehouse

extension AnswerTests {
    /// A set of events small enough to count by hand (`CountedEvening`, which a cluster is asked about too).
    @Suite struct CountedTests {
        private let film = CountedEvening.film
        private let other = CountedEvening.other

        @Test(arguments: [
            ("totals", CountedEvening.totals), ("rates", CountedEvening.rates),
            ("clicks, pages and custom events", CountedEvening.pagesAndEvents), ("films", CountedEvening.films),
            ("funnels", CountedEvening.funnels), ("retention", CountedEvening.retention),
        ]) func `As counted by hand`(what: String, answers: [CountedAnswer]) throws {
            let story = try Story().evening()
            defer { try? story.clear() }
            try story.expect(answers)
        }

        @Test func `As counted by hand, read as it is stored once copies are taken out, and when copies come again`()
            throws
        {
            let story = try Story().evening()
            defer { try? story.clear() }
            let answers =
                CountedEvening.totals + CountedEvening.rates + CountedEvening.pagesAndEvents + CountedEvening.films
                + CountedEvening.funnels + CountedEvening.retention
            for kind in EventKind.allCases {
                // Slices that inserts have just named are searched the second time.
                for _ in 0..<2 { try story.desk.warehouse.removeCopies(of: kind) }
                #expect(story.desk.warehouse.copies.slices(kind).isEmpty)
            }
            try story.expect(answers)
            #expect(try !String(describing: story.ask("clicks")["sql"]).contains("slice IN"))
            _ = try story.evening()
            #expect(EventKind.allCases.allSatisfy { !story.desk.warehouse.copies.slices($0).isEmpty })
            try story.expect(answers)
            #expect(try String(describing: story.ask("clicks")["sql"]).contains("slice IN"))
        }

        @Test func `Without an end rates are up to now, whatever viewers' clocks say`() throws {
            let story = try Story().evening()
            defer { try? story.clear() }
            story.add(.click, at: 86_400 * 9_000, by: "ann", verdict: "clock", "\"obj_id\":\"x\"")
            try story.tell()
            let latest = try #require(try story.rows("rates?verdict=any", "time").last)
            #expect(latest < "2027-12")
        }

        @Test func `Steps of a funnel within one millisecond count`() throws {
            let story = try Story()
            defer { try? story.clear() }
            story.add(.click, at: 500, by: "dan", "\"obj_id\":\"first\"")
            story.add(.page, at: 500, by: "dan", "\"url\":\"/second\",\"duration\":1")
            try story.tell()
            #expect(try story.rows("funnel?step=click:first&step=page:/second", "viewers") == ["1", "1"])
        }

        @Test func `Who is there now`() throws {
            let story = try Story().evening()
            defer { try? story.clear() }
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
