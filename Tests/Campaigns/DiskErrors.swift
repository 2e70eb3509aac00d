import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

/// Input and output errors, and a full disk, under load.
@Suite(.serialized, .enabled(if: FaultFileSystem.isAvailable, "needs FUSE: \(FaultFileSystem.unavailableReason ?? "")"))
struct DiskErrors {
    /// `serve` waits longer and longer before it restarts a role: it is begun anew after so many of its deaths.
    private static let deathsPerServe = 3

    @Test func `A failed fsync or write of the log ends the collector with code 74, and nothing acknowledged is lost`()
        throws
    {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let count = Campaign.count("CINELOG_SOAK_ERRORS", test: 6, soak: 200)
        let disk = try FaultFileSystem(.ext4)
        let running = try Running(on: disk, chance: chance.split())
        for round in 0..<count {
            if round % DiskErrors.deathsPerServe == 0, round > 0 {
                running.endLoad()
                running.service.end(SIGKILL)
                try running.service.start()
            }
            running.beginLoad(phase: round)
            let words = "\(chance.words), round \(round)"
            let deaths = running.service.output.split(separator: "\n").count { $0.contains("exit code 74") }
            try disk.order("chance \(chance.next() >> 1)")
            // A write of several pages of which one fails is a short one to the process, which goes on with the rest: twice in a row
            // it hears of it.
            let operations = chance.percent(75) ? "fsync,fdatasync" : "write times=2"
            try disk.arm("eio on=\(operations) path=data/log.sqlite* at=\(Int.random(in: 1...40, using: &chance))")
            #expect(try holds(within: 20_000) { try disk.fired > 0 }, "\(words): no \(operations)")
            let failed = try struck(disk)
            // The kernel may drop clean pages whenever it likes: at once is the worst.
            try disk.order("evict data/log.sqlite*")
            let hasEnded = holds(within: 20_000) {
                running.service.output.split(separator: "\n").count { $0.contains("exit code 74") } > deaths
            }
            try disk.order("clear")
            #expect(
                hasEnded,
                "\(words): the collector did not end after \(failed):\n\(running.service.output.suffix(2000))")
            try running.service.waitUntilReady()
            running.load?.wait(for: 5)
            running.endLoad()
            let wrong = running.invariants.check(phase: round)
            try #require(wrong.isEmpty, "\(words): \(wrong)")
        }
        let wrong = running.invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
        Campaign.report(
            "EIO in the log's files", count: count, seed: chance.seed, since: started,
            "\(running.deliveries.acknowledgedCount) acknowledged; \(wrong.count) complaints")
    }

    @Test func `Errors in the tables' files make loading wait and go on, while collecting goes on`() throws {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let count = Campaign.count("CINELOG_SOAK_ERRORS", test: 3, soak: 50)
        let disk = try FaultFileSystem(.ext4)
        let running = try Running(on: disk, chance: chance.split())
        let collector = running.service.child("collect")
        for round in 0..<count {
            running.beginLoad(phase: round)
            try disk.arm(
                "eio on=write,fsync,create,mkdir,rename path=data/warehouse/* times=\(Int.random(in: 1...30, using: &chance))"
            )
            #expect(try holds(within: 10_000) { try disk.fired > 0 })
            usleep(UInt32.random(in: 100_000...1_000_000, using: &chance))
            let tally = running.load?.takeTally()
            #expect(tally?.refused == 0 && tally?.cutOff == 0, "collecting was disturbed: \(chance.words)")
            try disk.order("clear")
            running.endLoad()
            let wrong = running.invariants.check(phase: round)
            try #require(
                wrong.isEmpty, "\(chance.words), round \(round): \(wrong)\n\(running.service.output.suffix(2000))")
        }
        #expect(running.service.child("collect") == collector)
        let wrong = running.invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
        Campaign.report(
            "EIO in the tables' files", count: count, seed: chance.seed, since: started,
            "\(running.deliveries.acknowledgedCount) acknowledged; \(wrong.count) complaints")
    }

    /// The operations that failed, as the disk has traced them.
    private func struck(_ disk: FaultFileSystem) throws -> [String] {
        try disk.order("trace").filter { $0.hasSuffix("failed") }
    }

    /// What a client is told while nothing can be stored.
    private func expectRefusal(_ client: EventClient, _ words: String, phase: Int) {
        let started = Clock.monotonicMilliseconds()
        let outcome = client.send(client.event(phase: phase))
        let took = Clock.monotonicMilliseconds() - started
        #expect(outcome == .refused && took < 1000, "\(words): \(outcome) after \(took) ms")
        #expect(client.lastAnswer?.header("Retry-After") != nil, "\(words)")
    }

    @Test(arguments: ["data/log.sqlite*", "data/*"])
    func `A full disk is answered 503 within a second, and once there is room all goes on without a restart`(
        _ files: String
    ) throws {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let count = Campaign.count("CINELOG_SOAK_FULL", test: 2, soak: 30)
        let disk = try FaultFileSystem(.ext4)
        let running = try Running(on: disk, chance: chance.split())
        let before = [running.service.child("collect"), running.service.child("store")]
        let client = running.client("asking")
        for round in 0..<count {
            let words = "\(chance.words), round \(round)"
            running.beginLoad(phase: round)
            running.load?.wait(for: Int.random(in: 1...30, using: &chance))
            try disk.arm("enospc on=write,create,mkdir,truncate,allocate path=\(files) times=0")
            #expect(
                holds(within: 10_000) {
                    client.send(client.event(phase: round)) == .refused
                }, "\(words): never refused")
            for _ in 0..<5 { expectRefusal(client, words, phase: round) }
            #expect(try running.service.rows("SELECT count() >= 0 FROM clicks") == ["1"], "\(words): no reading")
            try disk.order("clear")
            #expect(
                holds(within: 10_000) {
                    client.send(client.event(phase: round)) == .acknowledged
                }, "\(words): not taken again")
            running.endLoad()
            let wrong = running.invariants.check(phase: round)
            try #require(wrong.isEmpty, "\(words): \(wrong)\n\(running.service.output.suffix(3000))")
        }
        #expect([running.service.child("collect"), running.service.child("store")] == before, "restarted")
        let wrong = running.invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
        Campaign.report(
            "full disk (\(files))", count: count, seed: chance.seed, since: started,
            "\(running.deliveries.acknowledgedCount) acknowledged; \(wrong.count) complaints")
    }

    @Test func `A disk that runs full while nothing is loaded refuses in time, and loading makes room again`() throws {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let disk = try FaultFileSystem(.ext4)
        let running = try Running(on: disk, chance: chance.split())
        let store = try #require(running.service.child("store"))
        let collector = running.service.child("collect")
        let client = running.client("filling")
        kill(store, SIGSTOP)
        // 160 MiB are kept free for loading and trimming.
        let used = Int(try disk.order("used").first ?? "") ?? 0
        try disk.order("room \(used + 200 << 20)")
        var outcome = EventClient.Outcome.acknowledged
        var took: UInt64 = 0
        for _ in 0..<5000 where outcome == .acknowledged {
            let sent = Clock.monotonicMilliseconds()
            outcome = client.send((0..<100).map { _ in client.event(phase: 0) })
            took = Clock.monotonicMilliseconds() - sent
        }
        #expect(outcome == .refused && took < 1000, "\(chance.words): \(outcome) after \(took) ms")
        #expect(client.lastAnswer?.header("Retry-After") != nil)
        kill(store, SIGCONT)
        #expect(
            holds(within: 30_000) { client.send(client.event(phase: 0)) == .acknowledged },
            "loading made no room: \(running.service.output.suffix(2000))")
        #expect([running.service.child("collect"), running.service.child("store")] == [collector, store], "restarted")
        let wrong = running.invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
        Campaign.report(
            "disk full while store stands still", count: 1, seed: chance.seed, since: started,
            "\(running.deliveries.acknowledgedCount) acknowledged; \(wrong.count) complaints")
    }
}
