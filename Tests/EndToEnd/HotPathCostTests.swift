import Events
import Glibc
import HTTPClient
import TestSupport
import Testing

/// What an event costs `cinelog collect` in instructions and allocations, from its bytes to its answer, its commit included: bounds
/// that a change must not pass unseen. They stand in Tests/hot-path-bounds.txt; whoever makes the way shorter lowers them.
///
/// Counts, unlike times, do not depend on who else runs. What the clock starts (sweeps, upkeep) and a slow disk's turns of the loop
/// are left out by taking the least of several rounds, and by a data folder in memory.
@Suite(.turn(.processes)) struct HotPathCostTests {
    private struct Load {
        let path: String
        let body: [UInt8]
        /// Events a request brings.
        let events: Int
        let requests: Int
    }

    private static let single = Load(path: "/clicks/", body: Array(click(0, "").utf8), events: 1, requests: 50)
    private static let batch = Load(
        path: "/v1/events",
        body: Array("[\((0..<500).map { click($0, #""type":"click","#) }.joined(separator: ","))]".utf8), events: 500,
        requests: 4)
    private static let rounds = 6

    private static func click(_ number: Int, _ type: String) -> String {
        #"{\#(type)"obj_id":"button#play","url":"https://cinema.example/films/\#(1000 + number)","x":640,"y":360,"#
            + #""anonymous_id":"0123456789abcdef","session_id":"fedcba9876543210","platform":"web","app_version":"3.2.1"}"#
    }

    // MARK: Instructions

    @Test func `A single event takes at most so many instructions`() throws {
        try expect("instructions of a single event", instructions(HotPathCostTests.single))
    }

    @Test func `An event of a batch of 500 takes at most so many instructions`() throws {
        let whole = try instructions(HotPathCostTests.batch)
        try expect("instructions of an event of a batch", whole / HotPathCostTests.batch.events)
    }

    private func instructions(_ load: Load) throws -> Int {
        let folder = HotPathCostTests.folder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        // Valgrind 3.19 does not know the debugging information that Swift writes.
        let stripped = Service.shell("objcopy --strip-debug '\(Service.binary)' '\(folder)/cinelog'")
        #expect(stripped.code == 0, "\(stripped.output)")
        let counts = folder + "/callgrind"
        let service = try Service(
            "collect", HotPathCostTests.settings, folder: folder,
            program: ["/usr/bin/valgrind", "--tool=callgrind", "--callgrind-out-file=\(counts)", "\(folder)/cinelog"])
        return try least(load, service) { round in
            let dumped = Service.shell("callgrind_control --dump \(service.pid)")
            #expect(dumped.code == 0, "\(dumped.output)")
            // A dump starts the count over.
            let total = Service.text("\(counts).\(round + 1)").split(separator: "\n").last { $0.hasPrefix("totals: ") }
            return .sinceLast(try #require(total.flatMap { Int($0.dropFirst("totals: ".count)) }))
        }
    }

    // MARK: Allocations

    @Test func `A single event takes at most so many allocations`() throws {
        try expect("allocations of a single event", allocations(HotPathCostTests.single))
    }

    @Test func `Counting a single event against rates allocates nothing more`() throws {
        let limits = [
            "RATE_LIMIT_PER_ADDRESS": "1000000", "CONNECTIONS_MAX_PER_ADDRESS": "1000", "TRUSTED_PROXIES": "10.0.0.0/8",
        ]
        try expect("allocations of a single event", allocations(HotPathCostTests.single, limits))
    }

    @Test func `A batch of 500 takes at most so many allocations`() throws {
        try expect("allocations of a batch", allocations(HotPathCostTests.batch))
    }

    private func allocations(_ load: Load, _ settings: [String: String] = [:]) throws -> Int {
        let folder = HotPathCostTests.folder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let counted = folder + "/count"
        #expect(Service.shell("head -c 8 /dev/zero > '\(counted)'").code == 0)
        let preload = [
            "LD_PRELOAD": Service.root + "/.build/release/libAllocationCount.so", "CINELOG_ALLOCATION_COUNT": counted,
        ]
        let service = try Service(
            "collect", HotPathCostTests.settings.merging(preload) { $1 }.merging(settings) { $1 }, folder: folder)
        return try least(load, service) { _ in .inAll(try count(counted)) }
    }

    private func count(_ path: String) throws -> Int {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var count: Int64 = 0
        #expect(fread(&count, 8, 1, file) == 1)
        return Int(count)
    }

    /// At most what the line of that name says. Far less is told too: a bound that is far away bounds nothing.
    private func expect(_ name: String, _ cost: Int) throws {
        let lines = Service.text(Service.root + "/Tests/hot-path-bounds.txt").split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix(name + ": ") }, "there is no bound of \(name)")
        let bound = try #require(Int(line.dropFirst(name.count + 2)))
        #expect(cost <= bound, "\(name)")
        #expect(cost * 2 > bound, "\(name): lower the bound")
    }

    // MARK: Rounds

    private enum Reading {
        case sinceLast(Int)
        case inAll(Int)
    }

    private static let settings = ["HTTP_THREADS": "1", "LOG_LEVEL": "info"]

    private static func folder() -> String {
        let made = Service.shell("mktemp -d /dev/shm/cinelog-test-XXXXXX")
        return made.code == 0 ? String(made.output.split(separator: "\n")[0]) : Service.temporaryFolder()
    }

    /// What a request costs in the cheapest round, one after the other on one connection; the first round warms up.
    private func least(_ load: Load, _ service: Service, _ read: (_ round: Int) throws -> Reading) throws -> Int {
        let client = HTTPClient(timeoutMilliseconds: 60_000)
        var (least, before) = (Int.max, 0)
        for round in 0...HotPathCostTests.rounds {
            for _ in 0..<load.requests {
                let answer = try load.body.withUnsafeBytes {
                    try client.request(
                        "POST", service.ingest + load.path, headers: [("Content-Type", "application/json")], body: $0)
                }
                #expect(answer.status == 201)
            }
            let cost: Int
            switch try read(round) {
            case .sinceLast(let count): cost = count
            case .inAll(let count): (cost, before) = (count - before, count)
            }
            if round > 0 { least = min(least, cost) }
        }
        return least / load.requests
    }
}
