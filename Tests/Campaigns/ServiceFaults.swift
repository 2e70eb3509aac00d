import Platform
import TestSupport
import Testing

/// A fault at each operation that the disk of the whole service is asked for while it starts, takes events, loads them and
/// takes a batch apart: log, positions and tables together.
@Suite(.serialized, .enabled(if: FaultFileSystem.isAvailable, "needs FUSE: \(FaultFileSystem.unavailableReason ?? "")"))
struct ServiceFaults {
    private func campaign(_ name: String, _ names: FaultFileSystem.Names, _ faults: [Fault], sample: Int) throws {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let bench = try ServiceBench(names, chance: chance.split())
        let count = try bench.operationCount()
        var struck = 0
        var complaints = 0
        for operation in Campaign.operations(count, sample: sample, &chance) {
            for fault in faults {
                guard let wrong = try bench.run(fault, at: operation) else { continue }
                struck += fault.outcomes
                complaints += wrong.count
                #expect(
                    wrong.isEmpty, "\(chance.words), \(name), \(fault) at operation \(operation) of \(count): \(wrong)")
            }
        }
        #expect(struck > 0)
        Campaign.report(
            name, count: struck, seed: chance.seed, since: started,
            "\(count) operations in a run; \(complaints) complaints")
    }

    @Test func `Either process may be killed at any operation of a run`() throws {
        try campaign(
            "serve: kill", .ext4, Campaign.isSoak ? [.killBefore, .killAfter] : [.killBefore], sample: 5)
    }

    @Test func `The power may go at any operation of a run`() throws {
        let cut = Fault.cut(outcomes: Campaign.count("CINELOG_SOAK_OUTCOMES", test: 2, soak: 3))
        try campaign("serve: power loss", .strict, [cut], sample: 5)
    }

    @Test func `The power may go at any operation on ext4, too`() throws {
        let cut = Fault.cut(outcomes: Campaign.count("CINELOG_SOAK_OUTCOMES", test: 2, soak: 3))
        try campaign("serve: power loss, names as on ext4", .ext4, [cut], sample: 5)
    }
}
