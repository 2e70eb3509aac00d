import Glibc
import Platform
import TestSupport
import Testing

/// A store that stands still (SIGSTOP) while events come in.
@Suite(.serialized) struct Standstill {
    @Test func `While store stands still collecting is as quick as ever, memory is flat, and the backlog drains`()
        throws
    {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let seconds = Campaign.count("CINELOG_SOAK_STANDSTILL_S", test: 10, soak: 60)
        let running = try Running(chance: chance.split())
        let store = try #require(running.service.child("store"))
        let collector = try #require(running.service.child("collect"))
        running.beginLoad(clients: 4, pauseMicroseconds: 1000)
        sleep(3)
        _ = running.load?.takeTally()
        sleep(3)
        let calm = try #require(running.load?.takeTally())
        let memory = Running.memory(collector)
        let loaded = try #require(running.metric("cinelog_loaded_events_total"))

        kill(store, SIGSTOP)
        let accepted = running.deliveries.acknowledgedCount
        sleep(UInt32(seconds))
        let waiting = running.deliveries.acknowledgedCount - accepted
        let stopped = try #require(running.load?.takeTally())
        let memoryAfter = Running.memory(collector)
        kill(store, SIGCONT)
        let drainingSince = Clock.monotonicMilliseconds()
        // The gauge of the backlog is as old as the loader's last look: what was loaded counts.
        let drained = holds(within: 60_000) {
            running.metric("cinelog_loaded_events_total").map { $0 - loaded >= Double(waiting) } ?? false
        }
        let drainSeconds = Double(Clock.monotonicMilliseconds() - drainingSince) / 1000
        running.endLoad()

        #expect(drained)
        #expect(stopped.refused == 0 && stopped.cutOff == 0, "\(chance.words): events were refused")
        let (p99, p99Calm) = (stopped.latencies.percentile(99), calm.latencies.percentile(99))
        #expect(p99 < max(2 * p99Calm, 50_000), "\(chance.words): p99 \(p99) µs, before \(p99Calm) µs")
        #expect(memoryAfter < memory + 32 << 20, "\(chance.words): \(memory) bytes grew to \(memoryAfter)")
        let ingestRate = Double(waiting) / Double(seconds)
        let drainRate = Double(waiting) / drainSeconds
        #expect(drainRate > 3 * ingestRate, "\(chance.words): drains \(drainRate)/s, takes \(ingestRate)/s")
        let wrong = running.invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
        Campaign.report(
            "store stands still", count: seconds, seed: chance.seed, since: started,
            "\(Int(ingestRate)) events/s taken, p99 \(p99) µs (before \(p99Calm)), memory \(memory >> 20) → "
                + "\(memoryAfter >> 20) MiB, drained at \(Int(drainRate))/s; \(wrong.count) complaints")
    }
}
