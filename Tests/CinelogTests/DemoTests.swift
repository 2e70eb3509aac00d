import Cinelog
import Events
import Platform
import TestSupport
import Testing

private let start: Int64 = 1_800_000_000_000

/// An event of the demo, as far as the tests look at it.
private struct Told {
    let receivedAt: Int64
    let type: String
    let anonymousID: String
    let platform: String
    let time: Int64
    let sentAt: Int64?
    let name: String
    let objectID: String
    let isAutomated: Bool
    let viewID: String
    let filmID: String
    let filmSeconds: Double
    let position: Double
    let rate: Double
    let watched: (from: Double, to: Double)?

    init?(_ json: JSONValue, receivedAt: Int64) {
        guard let type = json["type"]?.string, let time = json["time"]?.int, json["event_id"]?.string != nil,
            let anonymousID = json["anonymous_id"]?.string, json["session_id"]?.string != nil,
            let platform = json["platform"]?.string, json["app_version"]?.string != nil
        else { return nil }
        self.receivedAt = receivedAt
        self.type = type
        self.time = time
        self.anonymousID = anonymousID
        self.platform = platform
        sentAt = json["sent_at"]?.int
        name = json["name"]?.string ?? ""
        objectID = json["obj_id"]?.string ?? ""
        isAutomated = json["automated"]?.bool ?? false
        viewID = json["view_id"]?.string ?? ""
        filmID = json["film_id"]?.string ?? ""
        filmSeconds = json["duration"]?.double ?? 0
        position = json["timecode"].flatMap { $0.double ?? Timecode($0.stringBytes)?.seconds } ?? 0
        rate = json["rate"]?.double ?? 1
        let ends = json["watched"]?.elements.first { _ in true }.map { Array($0.elements).compactMap(\.double) }
        watched = ends.map { ($0[0], $0[1]) }
    }
}

/// What an evening told, and what the Collector's own checks made of it.
private struct Story {
    var lines: [String] = []
    var told: [Told] = []
    var outcomes: [EventOutcome] = []
    var canonical = ""
    var presentCount = 0

    init(seed: UInt64 = 7, seconds: Int, viewers: Int = 3000, eventsPerSecond: Double) {
        let texts = ByteBuffer()
        var ends: [(end: Int, receivedAt: Int64)] = []
        var second = 0
        let evening = Evening(
            seed: seed, startUnixMilliseconds: start, viewers: viewers, eventsPerSecond: eventsPerSecond
        ) { line in
            texts.append(line)
            ends.append((texts.count, start + Int64(second) * 1000))
        }
        while second < seconds {
            second += 1
            #expect(evening.advance(to: start + Int64(second) * 1000))
        }
        presentCount = evening.presentCount
        read(texts, ends)
    }

    private mutating func read(_ texts: ByteBuffer, _ ends: [(end: Int, receivedAt: Int64)]) {
        let parser = JSONParser(capacityMax: EventLimits().lineBytesMax, depthMax: EventLimits().depthMax)
        let reader = EventReader()
        let accepted = EventLines()
        texts.reserve(JSONParser.padding)
        var begin = 0
        for (end, receivedAt) in ends {
            let line = UnsafeRawBufferPointer(rebasing: texts.bytes[begin..<end])
            begin = end
            lines.append(String(decoding: line, as: UTF8.self))
            guard let json = try? parser.parse(line) else {
                Issue.record("not JSON: \(lines.last!)")
                continue
            }
            if let event = Told(json, receivedAt: receivedAt) { told.append(event) }
            let context = EventContext(receivedAt: Timestamp(unixMilliseconds: receivedAt))
            outcomes.append(reader.read(json, as: nil, context, into: accepted))
        }
        canonical = EventKind.allCases.map { accepted.buffer($0).string }.joined()
        withExtendedLifetime((parser, texts)) {}
    }
}

@Suite(.timeLimit(.minutes(2)))
struct DemoTests {
    @Test func `a seed tells the same story again, another seed another`() {
        let first = Story(seconds: 60, eventsPerSecond: 50)
        let second = Story(seconds: 60, eventsPerSecond: 50)
        let other = Story(seed: 8, seconds: 60, eventsPerSecond: 50)
        #expect(first.lines.count > 1000)
        #expect(first.lines == second.lines)
        #expect(Set(first.lines).isDisjoint(with: other.lines))
    }

    @Test func `how far the clock is let on at a time does not matter`() {
        var steps: [String] = []
        let evening = Evening(seed: 7, startUnixMilliseconds: start, viewers: 3000, eventsPerSecond: 50) {
            steps.append(String(decoding: $0, as: UTF8.self))
        }
        var enough = 0
        while !evening.advance(to: start + 60_000, until: { steps.count >= enough }) { enough = steps.count + 17 }
        #expect(steps == Story(seconds: 60, eventsPerSecond: 50).lines)
    }

    @Test func `every event is one that the Collector takes`() {
        let story = Story(seconds: 300, eventsPerSecond: 100)
        #expect(story.lines.count > 25_000)
        #expect(story.told.count == story.lines.count)
        var rejected: [[EventError]] = []
        var identifiers: Set<UUID> = []
        for outcome in story.outcomes {
            switch outcome {
            case .accepted(let id, _): identifiers.insert(id)
            case .rejected(let errors): rejected.append(errors)
            }
        }
        #expect(rejected.isEmpty)
        #expect(identifiers.count == story.lines.count)
        // Only wrong clocks that nobody can correct, and no film, are set apart.
        let canonical = story.canonical.split(separator: "\n")
        let apart = canonical.count { $0.contains(#""verdict":"clock""#) }
        #expect(apart < story.lines.count / 50)
        #expect(!canonical.contains { $0.contains(#""verdict":"implausible""#) })
    }

    @Test func `nobody watches more than the time allows`() throws {
        let story = Story(seconds: 900, eventsPerSecond: 100)
        var last: [String: Told] = [:]
        var compared = 0
        var impossible: [Told] = []
        for event in story.told where event.type == "film" {
            let watched = try #require(event.watched)
            let before = last.updateValue(event, forKey: event.viewID)
            // The first of a view comes a heartbeat after its beginning at the latest: a minute where it was offline.
            let seconds = before.map { Double(event.time - $0.time) / 1000 } ?? 60
            let isPossible =
                watched.from < watched.to && watched.to - watched.from <= seconds * event.rate + 0.000_001
                && watched.to <= event.filmSeconds + 0.01 && abs(event.position - watched.to) < 0.000_001
                && before?.filmID ?? event.filmID == event.filmID
            if !isPossible { impossible.append(event) }
            compared += before == nil ? 0 : 1
        }
        #expect(impossible.isEmpty)
        #expect(compared > 25_000)
    }

    @Test func `the rate is kept, by the number of viewers`() {
        let slow = Story(seconds: 600, eventsPerSecond: 20)
        let fast = Story(seconds: 600, viewers: 100, eventsPerSecond: 400)
        for (story, rate) in [(slow, 20), (fast, 400)] {
            #expect((rate * 600 * 80 / 100...rate * 600 * 125 / 100).contains(story.lines.count))
            let firstSeconds = story.told.count { $0.receivedAt <= start + 20_000 }
            #expect((rate * 20 * 60 / 100...rate * 20 * 170 / 100).contains(firstSeconds))
            let lastSeconds = story.told.count { $0.receivedAt > start + 540_000 }
            #expect((rate * 60 * 80 / 100...rate * 60 * 125 / 100).contains(lastSeconds))
        }
        #expect(fast.presentCount > slow.presentCount * 10)
    }

    @Test func `the evening has everything that an evening has`() {
        let story = Story(seconds: 1200, eventsPerSecond: 100)
        let told = story.told
        #expect(Set(told.map(\.type)) == ["click", "page", "film", "custom"])
        #expect(Set(told.map(\.platform)) == ["web", "ios", "android", "tv"])
        #expect(
            Set(told.filter { $0.type == "custom" }.map(\.name))
                == ["watched_to_end", "quality_changed", "search_filtered"])
        let objects = Set(told.map(\.objectID))
        for object in ["button#play", "player#pause", "player#back", "player#skip-intro", "player#forward"] {
            #expect(objects.contains(object))
        }
        let films = told.filter { $0.type == "film" }
        #expect(Set(films.map(\.filmID)).count == 40)
        #expect(Set(films.map(\.rate)) == [1, 1.25, 1.5])
        let bots = told.filter(\.isAutomated)
        #expect(!bots.isEmpty && bots.count < told.count / 20)
        // A wrong clock says so by sent_at; what was watched offline is old, but sent now.
        let hour: Int64 = 3_600_000
        let wrongClocks = told.filter { event in event.sentAt.map { abs($0 - event.receivedAt) > hour } ?? false }
        #expect(!wrongClocks.isEmpty && wrongClocks.count < told.count / 20)
        let late = told.filter { event in
            event.receivedAt - event.time > hour && event.sentAt.map { abs($0 - event.receivedAt) < hour } ?? false
        }
        #expect(!late.isEmpty && late.count < told.count / 5)
        let platforms = Dictionary(grouping: films, by: \.anonymousID).mapValues { Set($0.map(\.platform)) }
        #expect(platforms.values.contains { $0.count == 2 })
    }

    @Test func `popular films are watched more`() {
        let story = Story(seconds: 600, eventsPerSecond: 200)
        let films = Dictionary(grouping: story.told.filter { $0.type == "film" }, by: \.filmID)
        let views = films.values.map { Set($0.map(\.viewID)).count }.sorted(by: >)
        #expect(views[0] > 4 * views[views.count / 2])
    }

    @Test func `the demo sends its evening to a collector as it happens`() {
        let collector = CollectorScript()
        var options = DemoOptions()
        options.url = collector.server.url
        options.seconds = 2
        var errors = ""
        let progress = DeliveryProgress(quiet: false, terminal: false) { errors += $0 }
        let before = Clock.unixMilliseconds()
        #expect(DemoCommand(options, progress).run() == CommandExit.allAccepted)
        let after = Clock.unixMilliseconds()
        #expect(after - before >= 2000)
        let lines = collector.batches.joined()
        #expect(lines.count == progress.accepted)
        #expect((150...1000).contains(lines.count))
        #expect(collector.batches.count >= 4)
        #expect(errors.contains("\(lines.count) events: \(lines.count) accepted, 0 rejected"))
    }

    @Test func `wrong options are wrong usage`() {
        for change: (inout DemoOptions) -> Void in [
            { $0.url = "localhost" }, { $0.eventsPerSecond = 0 }, { $0.viewers = 0 }, { $0.seconds = 0 },
        ] {
            var options = DemoOptions()
            change(&options)
            #expect(runDemo(options) == CommandExit.usage)
        }
    }
}
