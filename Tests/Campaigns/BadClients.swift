import Events
import Glibc
import Platform
import TestSupport
import Testing

/// Lines that the tables refuse, and clients that send everything again and again.
@Suite(.serialized) struct BadClients {
    @Test func `One poisoned line in ten thousand goes to quarantine, and the others into their table`() throws {
        let started = Clock.monotonicMilliseconds()
        let bad = Campaign.count("CINELOG_SOAK_POISON", test: 2, soak: 20)
        let good = bad * 9999
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        try PoisonedLog.append(to: folder, good: good, bad: bad)
        let service = try Service("serve", ["LOG_LEVEL": "info"], folder: folder)
        let wrong = PoisonedLog.check(service, good: good, bad: bad, within: 120_000)
        #expect(wrong.isEmpty, "\(wrong)")
        service.stop()
        Campaign.report(
            "1 poisoned line in 10,000", count: good + bad, seed: 0, since: started, "\(bad) in quarantine; \(wrong)")
    }

    @Test func `Every event sent five times, by clients side by side and across kills, is there once`() throws {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let rounds = Campaign.count("CINELOG_SOAK_DUPLICATES", test: 3, soak: 50)
        let running = try Running(chance: chance.split())
        for round in 0..<rounds {
            let author = running.client("author-\(round)")
            let events = (0..<200).map { _ in author.event(phase: round) }
            let clients = (0..<5).map { number in
                let client = running.client("copy-\(round)-\(number)")
                let order = events.shuffled(using: &chance)
                return Thread("copy \(number)") { BadClients.sendAll(order, client) }
            }
            usleep(UInt32.random(in: 0..<100_000, using: &chance))
            if let pid = running.service.child(chance.percent(50) ? "store" : "collect") { kill(pid, SIGKILL) }
            for client in clients { client.join() }
            let wrong = running.invariants.check(phase: round)
            try #require(wrong.isEmpty, "\(chance.words), round \(round): \(wrong)")
            #expect(EventKind.allCases.reduce(0) { $0 + running.deliveries.part($1, round).acknowledged.count } == 200)
            if round % 3 == 2 {
                running.service.end(SIGKILL)
                try running.service.start()
            }
        }
        let wrong = running.invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
        Campaign.report(
            "every event sent five times", count: rounds * 200, seed: chance.seed, since: started,
            "\(wrong.count) complaints")
    }

    /// In batches and one by one; each until it is acknowledged, as a good client does.
    private static func sendAll(_ events: [SentEvent], _ client: EventClient) {
        let deadline = Clock.monotonicMilliseconds() + 60_000
        for start in stride(from: 0, to: events.count, by: 20) {
            let part = Array(events[start..<min(start + 20, events.count)])
            let isBatch = start % 40 == 0
            for group in isBatch ? [part] : part.map({ [$0] }) {
                while Clock.monotonicMilliseconds() < deadline {
                    let outcome = group.count > 1 ? client.send(group) : client.send(group[0])
                    if outcome == .acknowledged { break }
                    usleep(20_000)
                }
            }
        }
    }
}
