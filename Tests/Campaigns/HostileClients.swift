import Events
import Glibc
import Platform
import TestSupport
import Testing

/// Clients that mean harm, by thousands, beside clients that do not.
@Suite(.serialized) struct HostileClients {
    static let limitMilliseconds: UInt64 = 5_000
    /// How late the last of thousands may be closed, on a machine that does other things too.
    static let lateMilliseconds: UInt64 = 15_000
    static let memoryBytesMax = 256 << 20

    static let settings = [
        "REQUEST_TIMEOUT_MS": "\(limitMilliseconds)", "SEND_TIMEOUT_MS": "\(limitMilliseconds)",
        "CONNECTIONS_MAX": "10000",
    ]

    static func port(_ service: Service) -> Int { Int(service.ingest.split(separator: ":").last ?? "") ?? 0 }

    // MARK: Slow ones

    static let post = "POST /clicks/ HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"

    private static let slow: [Crowd.Script] = [
        Crowd.Script(name: "head", opening: Array((post + "X-Pad: ").utf8), drip: Array("x".utf8)),
        Crowd.Script(
            name: "body", opening: Array((post + "Content-Length: 9000\r\n\r\n{").utf8), drip: Array(" ".utf8)),
        Crowd.Script(
            name: "chunks", opening: Array((post + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n").utf8),
            drip: Array("1\r\n \r\n".utf8)),
        Crowd.Script(
            name: "reading",
            opening: Array(String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\n", count: 200).utf8),
            readsAnswers: false),
    ]

    /// Quiet and attacked by turns, so that what else the machine does falls on both.
    @Test func `Honest clients are served while 5,000 connections drip and stall, and each of those is closed in time`()
        throws
    {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let rounds = Campaign.count("CINELOG_SOAK_SLOW", test: 3, soak: 20)
        let count = try HostileClients.connections(5_000)
        let running = try Running(HostileClients.settings, chance: chance.split())
        var (quiet, attacked): ([Double], [Double]) = ([], [])
        let before = try warm(running, &chance)
        for round in 0..<rounds {
            quiet.append(try phase(running, 2 * round + 1, &chance) { usleep(2_500_000) })
            // All kinds at once, then each kind alone.
            let kinds = round % 5 == 0 ? HostileClients.slow : [HostileClients.slow[round % 5 - 1]]
            let crowd = Crowd(
                port: HostileClients.port(running.service), (0..<count).map { kinds[$0 % kinds.count] })
            attacked.append(try phase(running, 2 * round + 2, &chance) { try attack(crowd, running, kinds, count) })
        }
        let after = try Vitals.settled(running.service, like: before)
        #expect(
            after.connections <= before.connections && after.descriptors <= before.descriptors + Vitals.otherDescriptors
        )
        let wrong = running.invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
        let words = HostileClients.words(quiet, attacked)
        #expect(attacked.median <= quiet.median * 4 + 500, "\(words)")
        Campaign.report(
            "5,000 slow connections", count: rounds * count, seed: chance.seed, since: started,
            "\(words); \(after.memory >> 20) MiB; \(wrong.count) complaints")
    }

    private static func words(_ quiet: [Double], _ attacked: [Double]) -> String {
        let ratios = zip(attacked, quiet).map { $0 / $1 }
        func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
        return "p99 \(tenths(quiet.median)) ms without them, \(tenths(attacked.median)) ms with; median of ratios "
            + "\(tenths(ratios.median))"
    }

    /// The p99 of honest clients while something else goes on; all of their events are to be acknowledged.
    private func phase(_ running: Running, _ number: Int, _ chance: inout Chance, _ body: () throws -> Void) throws
        -> Double
    {
        let honest = HonestClients(running, chance: &chance, phase: number)
        defer { _ = honest.stop() }
        try body()
        let (milliseconds, failures) = honest.stop()
        #expect(
            failures.isEmpty, "phase \(number): \(failures.count) of \(milliseconds.count), as \(failures.first ?? "")")
        #expect(milliseconds.count > 20, "phase \(number)")
        return milliseconds.quantile(0.99)
    }

    private func attack(_ crowd: Crowd, _ running: Running, _ kinds: [Crowd.Script], _ count: Int) throws {
        let limit = HostileClients.limitMilliseconds
        let deadline = Clock.monotonicMilliseconds() + limit + HostileClients.lateMilliseconds
        try crowd.run(until: deadline)
        #expect(crowd.openReaders == 0)
        #expect(crowd.lifetimes.allSatisfy { $0 + 10 >= limit }, "\(crowd.lifetimes.min() ?? 0)")
        // Where thousands are ended at once, some see the connection's end alone: what they dripped meanwhile is answered by a reset.
        for kind in kinds where kind.readsAnswers {
            let statuses = crowd.statuses(kind.name)
            #expect(statuses.contains("408") && statuses.isSubset(of: ["408", ""]), "\(kind.name): \(statuses)")
        }
        // Those that do not read cannot see it: the collector's own count says so.
        let left = try holds(within: limit + HostileClients.lateMilliseconds) {
            try crowd.run(until: 0)
            return try Vitals.connections(running.service) <= 20
        }
        let open = try Vitals.connections(running.service)
        #expect(left, "\(open) connections")
        #expect(crowd.peak > count / 2, "\(kinds.map(\.name)): \(crowd.peak) at once")
        #expect(try Vitals(running.service).memory < HostileClients.memoryBytesMax)
    }

    /// Some events first: what a collector makes once is made then.
    func warm(_ running: Running, _ chance: inout Chance) throws -> Vitals {
        let client = running.client("warm")
        for _ in 0..<50 { #expect(client.send(client.event(phase: 0)) == .acknowledged) }
        return try Vitals(running.service)
    }

    /// As many as this machine lets a process have.
    static func connections(_ wanted: Int) throws -> Int {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { throw Service.Failure(description: "getrlimit") }
        limit.rlim_cur = limit.rlim_max
        setrlimit(kind, &limit)
        return min(wanted, Int(clamping: limit.rlim_max) - 500)
    }
}
