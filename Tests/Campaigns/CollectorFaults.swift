import Platform
import TestSupport
import Testing

/// A fault at each operation that the collector's disk is asked for, from its start to its end.
@Suite(.serialized, .enabled(if: FaultFileSystem.isAvailable, "needs FUSE: \(FaultFileSystem.unavailableReason ?? "")"))
struct CollectorFaults {
    private func campaign(
        _ name: String, _ names: FaultFileSystem.Names, isNew: Bool, _ faults: [Fault], sample: Int
    ) throws {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let bench = try CollectorBench(names, isNew: isNew, chance: chance.split())
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

    private static let outcomes = Campaign.count("CINELOG_SOAK_OUTCOMES", test: 3, soak: 5)

    @Test func `The collector may be killed at any operation, with or without its effect`() throws {
        try campaign("collect: kill", .strict, isNew: false, [.killBefore, .killAfter], sample: 8)
    }

    @Test func `It may be killed at any operation of its first start`() throws {
        try campaign("collect: kill at first start", .strict, isNew: true, [.killBefore, .killAfter], sample: 5)
    }

    @Test func `Any operation may fail, after which the kernel drops what was not written`() throws {
        try campaign("collect: EIO", .ext4, isNew: false, [.error], sample: 25)
    }

    @Test func `The power may go at any operation`() throws {
        try campaign(
            "collect: power loss", .strict, isNew: false, [.cut(outcomes: CollectorFaults.outcomes)], sample: 12)
    }

    @Test func `The power may go at any operation of the first start`() throws {
        let cut = Fault.cut(outcomes: CollectorFaults.outcomes)
        try campaign("collect: power loss at first start", .strict, isNew: true, [cut], sample: 8)
    }

    @Test func `The power may go at any operation on ext4, too`() throws {
        let cut = Fault.cut(outcomes: CollectorFaults.outcomes)
        try campaign("collect: power loss, names as on ext4", .ext4, isNew: true, [cut], sample: 8)
    }
}
