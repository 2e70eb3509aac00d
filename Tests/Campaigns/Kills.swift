import Glibc
import Platform
import TestSupport
import Testing

/// `kill -9` at any moment, of anything, under load.
@Suite(.serialized) struct Kills {
    private enum Target: String, CaseIterable {
        case collect, store, both, serve, everything
    }

    /// The running service, and what dies in it.
    private struct Victim {
        let service: Service

        func roles() -> [String: pid_t] {
            var pids: [String: pid_t] = [:]
            for role in ["collect", "store"] { pids[role] = service.child(role) }
            return pids
        }

        func kill(_ target: Target) throws {
            let before = roles()
            switch target {
            case .collect, .store:
                if let pid = before[target.rawValue] { Glibc.kill(pid, SIGKILL) }
                try awaitOthers(than: before, roles: [target.rawValue])
            case .both:
                for pid in before.values { Glibc.kill(pid, SIGKILL) }
                try awaitOthers(than: before, roles: ["collect", "store"])
            case .serve:
                // Its children notice, and end by themselves.
                Glibc.kill(service.pid, SIGKILL)
                service.reap()
                try awaitEnd(of: Array(before.values))
                try service.start()
            case .everything:
                service.end(SIGKILL)
                try awaitEnd(of: Array(before.values))
                try service.start()
            }
        }

        private func awaitOthers(than before: [String: pid_t], roles wanted: [String]) throws {
            try await30Seconds("\(wanted) to be restarted") {
                let now = roles()
                return wanted.allSatisfy { now[$0] != nil && now[$0] != before[$0] }
            }
            try service.waitUntilReady()
        }

        private func awaitEnd(of pids: [pid_t]) throws {
            try await30Seconds("children to end") { pids.allSatisfy { Glibc.kill($0, 0) != 0 } }
        }

        private func await30Seconds(_ what: String, _ holds: () -> Bool) throws {
            let deadline = Clock.monotonicMilliseconds() + 30_000
            while !holds() {
                guard Clock.monotonicMilliseconds() < deadline else {
                    throw Service.Failure(description: "waited in vain for \(what):\n\(service.output.suffix(2000))")
                }
                usleep(10_000)
            }
        }
    }

    /// Every round kills each target once, in random order; `serve` among them, which resets its restarts' pauses.
    private func targets(_ count: Int, _ chance: inout Chance) -> [Target] {
        var targets: [Target] = []
        while targets.count < count { targets += Target.allCases.shuffled(using: &chance) }
        return Array(targets.prefix(count))
    }

    @Test func `Killed at random instants under mixed load, the service loses, invents and doubles nothing`() throws {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let count = Campaign.count("CINELOG_SOAK_KILLS", test: 30, soak: 1000)
        let service = try Service("serve", ["LOG_LEVEL": "info"], hasOwnGroup: true)
        let deliveries = Deliveries()
        let invariants = Invariants(service, deliveries)
        let load = MixedLoad(service, deliveries: deliveries, chance: &chance)
        defer { load.stop() }
        var done: [Target: Int] = [:]
        for (cycle, target) in targets(count, &chance).enumerated() {
            load.begin(phase: cycle)
            usleep(UInt32.random(in: 0..<500_000, using: &chance))
            try Victim(service: service).kill(target)
            done[target, default: 0] += 1
            // The phase before this one is complete: nobody sends its events any more, but as retries.
            if cycle > 0 {
                let wrong = invariants.check(phase: cycle - 1)
                try #require(wrong.isEmpty, "\(chance.words), kill \(cycle) (\(target)): \(wrong)")
            }
        }
        load.stop()
        let wrong = invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
        let counts = done.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", ")
        Campaign.report(
            "kill -9 at random instants", count: count, seed: chance.seed, since: started,
            "\(counts); \(deliveries.acknowledgedCount) acknowledged of \(deliveries.sentCount) sent; \(wrong.count) complaints"
        )
    }
}
