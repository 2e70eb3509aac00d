import Events
import Foundation
import TestSupport
import Testing
import Warehouse

extension AnswerTests {
    /// Films as viewers, devices and hostile clients tell of them, against the model that counts each second.
    @Suite struct WatchingPropertyTests {
        @Test(arguments: 0..<12)
        func `Films agree with a count of every second`(seed: Int) throws {
            var random = SplitMix64(seed: UInt64(seed) + 1)
            let (story, film) = (try Story(), Story.uuid(7))
            defer { try? story.clear() }
            let length = random.below(3) == 0 ? nil : 60 + random.below(7200)
            let events = (0..<(20 + random.below(150))).map { event($0, length, &random) }
            try tell(events, film, story, &random)
            for verdict in ["good", "any"] {
                let counted = events.filter { verdict == "any" || $0.verdict.isEmpty }
                try compare(story, film, counted, length, "verdict=\(verdict)", &random)
            }
            for _ in 0..<3 {
                let from = Double(random.below(5 * 86_400)) + (random.below(2) == 0 ? 0.5 : 0)
                let to = random.below(2) == 0 ? from + 1 + Double(random.below(86_400)) : 86_400 * 6
                let counted = events.filter { $0.verdict.isEmpty && $0.at >= from && $0.at < to }
                let range = "from=\(Story.moment(from).unixMilliseconds)&to=\(Story.moment(to).unixMilliseconds)"
                try compare(story, film, counted, length, range, &random)
            }
        }

        private func compare(
            _ story: Story, _ film: UUID, _ events: [WatchingModel.Event], _ length: Int?, _ filter: String,
            _ random: inout SplitMix64
        ) throws {
            let model = WatchingModel(events, length: length)
            let (threshold, credits) = (Double(1 + random.below(99)) / 100, random.below(50))
            // Few enough stretches to compare.
            let step = (model.length == nil ? 20 : 2) + random.below(90)
            let parameters = "\(filter)&threshold=\(threshold)&credits=\(credits)"
            let one = try story.ask("films/\(film)?\(parameters)&step=\(step)")
            let columns = "viewers plays duration unique_seconds completions"
            let expected =
                "\(model.seen.count) \(model.viewings.count) \(model.length.map(String.init) ?? "null") "
                + "\(model.uniqueSeconds) \(model.completions(threshold, credits: credits))"
            #expect(one.text(columns) == (events.isEmpty ? "0 0 null 0 null" : expected), "\(parameters)")
            #expect(one.text("played_seconds") == "\(model.playedSeconds)", "\(parameters)")
            let curve = try #require(one["curve"] as? [[String: Any]]).map { $0.text("from to viewers plays left") }
            #expect(curve == model.curve(step: step), "\(parameters)")
            let resume = try #require(one["resume"] as? [[String: Any]]).map { $0.text("from viewers") }
            #expect(resume == model.resume(step: step), "\(parameters)")
            #expect(
                try story.rows("films?\(parameters)", columns) == (events.isEmpty ? [] : [expected]), "\(parameters)")
            try compareHundredths(story, film, model, filter)
        }

        /// Without a step: as equal stretches as whole seconds allow, adding up to what was played.
        private func compareHundredths(_ story: Story, _ film: UUID, _ model: WatchingModel, _ filter: String) throws {
            let curve = try #require(try story.ask("films/\(film)?\(filter)")["curve"] as? [[String: Any]])
            var (end, played) = (0, 0.0)
            for stretch in curve {
                let (from, to) = (stretch["from"] as? Int ?? -1, stretch["to"] as? Int ?? -1)
                #expect(from == end && to > from)
                end = to
                let viewers = model.seen.values.count { !$0.isDisjoint(with: from..<to) }
                #expect(stretch.text("viewers") == "\(viewers)")
                played += (stretch["plays"] as? Double ?? .nan) * Double(to - from)
            }
            #expect(model.length == nil || end == model.length || curve.isEmpty)
            #expect(curve.count <= 100 && abs(played - Double(model.playedSeconds)) < 0.001 * Double(end + 1))
        }

        // MARK: What viewers do

        private func event(_ id: Int, _ length: Int?, _ random: inout SplitMix64) -> WatchingModel.Event {
            let viewer = "viewer-\(random.below(5))"
            // A device of each viewer's tells no viewing.
            let device = random.below(3)
            let watched = (0..<[0, 1, 1, 1, 2, 5][random.below(6)]).map { _ in interval(length ?? 5000, &random) }
            return WatchingModel.Event(
                id: id, viewer: viewer, view: device == 0 ? "" : "\(viewer)-\(device)-\(random.below(2))",
                at: Double(random.below(5 * 86_400_000)) / 1000, position: Double(random.below(8000)) + 0.25,
                duration: random.below(4) == 0 ? nil : length.map(Double.init), watched: watched,
                verdict: random.below(10) == 0 ? "implausible" : "")
        }

        private func interval(_ length: Int, _ random: inout SplitMix64) -> (Double, Double) {
            let from = Double(random.below(length))
            switch random.below(12) {
            case 0: return (from, from - Double(random.below(100)))
            case 1: return (-from, Double(random.below(60)))
            case 2: return (from, 1e12)
            case 3: return (from + 0.5, from + 10.49)
            case 4: return (from + 0.2, from + 0.4)
            case 5: return (0, Double(length))
            case 6: return (from, from + 3600)
            default: return (from, from + 10)
            }
        }

        /// In another order than it happened, in several inserts, some of it twice.
        private func tell(
            _ events: [WatchingModel.Event], _ film: UUID, _ story: Story, _ random: inout SplitMix64
        ) throws {
            var order = events.indices.map { (random.below(1_000_000), $0) }.sorted { $0 < $1 }.map(\.1)
            order += order.filter { _ in random.below(5) == 0 }
            for (place, index) in order.enumerated() {
                let event = events[index]
                story.watch(
                    film, at: event.at, by: event.viewer, id: event.id, arrived: 500_000 + Double(place),
                    verdict: event.verdict, view: event.view, position: event.position, duration: event.duration,
                    event.watched)
                if random.below(40) == 0 { try story.tell() }
            }
            try story.tell()
        }
    }
}
