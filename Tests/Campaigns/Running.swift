import Events
import Glibc
import HTTPClient
import Platform
import TestSupport

/// The whole service under load, and what tests ask about it.
final class Running {
    let service: Service
    let deliveries = Deliveries()
    private(set) var load: MixedLoad?
    private var chance: Chance

    init(
        _ settings: [String: String] = [:], on disk: FaultFileSystem? = nil, chance: Chance
    ) throws {
        self.chance = chance
        let settings = ["LOG_LEVEL": "info"].merging(settings) { $1 }
        service = try Service(
            "serve", settings, folder: disk.map { $0.mount + "/data" }, outputFolder: disk?.folder, hasOwnGroup: true)
    }

    deinit { load?.stop() }

    func beginLoad(clients: Int = 3, phase: Int = 0, pauseMicroseconds: UInt32 = 2000) {
        load?.stop()
        load = MixedLoad(
            service, deliveries: deliveries, chance: &chance, clients: clients, phase: phase,
            pauseMicroseconds: pauseMicroseconds)
    }

    func endLoad() {
        load?.stop()
        load = nil
    }

    var invariants: Invariants { Invariants(service, deliveries) }

    func client(_ name: String) -> EventClient {
        EventClient(name, url: service.ingest, deliveries: deliveries, chance: chance.split())
    }

    /// A gauge or counter of `/metrics`, labels summed up; nil where it cannot be asked.
    func metric(_ name: String) -> Double? {
        guard let answer = try? service.get(service.admin + "/metrics"), answer.status == 200 else { return nil }
        let lines = answer.body.string.split(separator: "\n").filter {
            $0.hasPrefix(name + " ") || $0.hasPrefix(name + "{")
        }
        return lines.compactMap { Double($0.split(separator: " ").last ?? "") }.reduce(0, +)
    }

    /// A process's resident memory, bytes.
    static func memory(_ pid: pid_t) -> Int {
        let line = Service.text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0) * 1024
    }
}
