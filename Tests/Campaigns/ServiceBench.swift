import EventLog
import Events
import Glibc
import Platform
import TestSupport

/// Everything, on a disk that fails at a chosen operation: log, positions and tables at once.
final class ServiceBench {
    let disk: FaultFileSystem
    let service: Service
    private var chance: Chance
    private let base = Deliveries()

    /// Every run begins with tables that hold events, and a log in which others wait: for `clicks`, with one among them
    /// that the tables refuse.
    init(_ names: FaultFileSystem.Names, chance: Chance) throws {
        self.chance = chance
        disk = try FaultFileSystem(names)
        service = try Service(
            "serve", ["LOG_LEVEL": "info"], folder: disk.mount + "/data", outputFolder: disk.folder,
            hasOwnGroup: true, starts: false)
        try fill()
        try disk.order("save")
    }

    private func fill() throws {
        try service.start()
        guard Script(client(base, "base"), phase: 0).isComplete else {
            throw Service.Failure(description: "the script fails without fault")
        }
        let wrong = Invariants(service, base).check()
        guard wrong.isEmpty else { throw Service.Failure(description: "without fault: \(wrong)") }
        service.stop()
        try PoisonedLog.append(to: disk.mount + "/data", good: 7, bad: 1)
    }

    private func client(_ deliveries: Deliveries, _ name: String) -> EventClient {
        EventClient(name, url: service.ingest, deliveries: deliveries, chance: chance.split())
    }

    /// How many operations a run without fault makes until everything is loaded.
    func operationCount() throws -> Int {
        try disk.order("clear")
        try disk.order("restore")
        try disk.order("count 0")
        let deliveries = Deliveries(after: base)
        try service.start()
        _ = Script(client(deliveries, "dry"), phase: 1)
        let wrong = check(deliveries)
        let count = try disk.count
        service.end(SIGKILL)
        guard wrong.isEmpty else { throw Service.Failure(description: "without fault: \(wrong)") }
        return count
    }

    /// One run with a fault. What is wrong afterwards, in words; nil: the run was over before its operation came.
    func run(_ fault: Fault, at operation: Int) throws -> [String]? {
        try disk.order("clear")
        try disk.order("restore")
        try disk.order("arm \(fault.command(at: operation))")
        let deliveries = Deliveries(after: base)
        try service.launch()
        try disk.order("watch \(service.pid)")
        defer {
            service.end(SIGKILL)
            _ = try? disk.order("clear")
        }
        if (try? service.waitUntilReady()) != nil { _ = Script(client(deliveries, "run"), phase: 1) }
        // Loading takes about half a second; the operation may come in it.
        let deadline = Clock.monotonicMilliseconds() + 1500
        while try disk.fired == 0, Clock.monotonicMilliseconds() < deadline { usleep(10_000) }
        guard try disk.fired > 0 else { return nil }
        return fault.isCut ? try recover(deliveries, fault) : try supervise(deliveries)
    }

    /// After a kill: `serve` restarts what died, or is started again where it was `serve` itself.
    private func supervise(_ deliveries: Deliveries) throws -> [String] {
        do {
            if service.hasEnded { try service.start() } else { try service.waitUntilReady() }
        } catch {
            return ["it does not come back: \(error)"]
        }
        return check(deliveries)
    }

    /// After a loss of power: several of its outcomes, one after the other.
    private func recover(_ deliveries: Deliveries, _ fault: Fault) throws -> [String] {
        var wrong: [String] = []
        for _ in 0..<fault.outcomes {
            service.end(SIGKILL)
            let seed = chance.next() >> 1
            try disk.order("settle \(seed)")
            do {
                try service.start()
                wrong += check(deliveries).map { "outcome \(seed): \($0)" }
            } catch {
                wrong.append("outcome \(seed): it does not start again: \(error)")
            }
        }
        return wrong
    }

    private func check(_ deliveries: Deliveries) -> [String] {
        var wrong = deliveries.surprises
        for phase in deliveries.phases { wrong += Invariants(service, deliveries).check(phase: phase, within: 20_000) }
        return wrong + PoisonedLog.check(service, good: 7, bad: 1)
    }
}
