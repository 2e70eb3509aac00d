import Events
import Glibc
import Platform
import TestSupport
import Testing

/// Clients that mean harm, by thousands, beside clients that do not.
@Suite(.serialized) struct HostileClients {
    private static let limitMilliseconds: UInt64 = 5_000
    /// How late the last of thousands may be closed, on a machine that does other things too.
    private static let lateMilliseconds: UInt64 = 15_000
    private static let memoryBytesMax = 256 << 20

    private static let settings = [
        "REQUEST_TIMEOUT_MS": "\(limitMilliseconds)", "SEND_TIMEOUT_MS": "\(limitMilliseconds)",
        "CONNECTIONS_MAX": "10000",
    ]

    private static func port(_ service: Service) -> Int { Int(service.ingest.split(separator: ":").last ?? "") ?? 0 }

    // MARK: Slow ones

    private static let post = "POST /clicks/ HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"

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
    private func warm(_ running: Running, _ chance: inout Chance) throws -> Vitals {
        let client = running.client("warm")
        for _ in 0..<50 { #expect(client.send(client.event(phase: 0)) == .acknowledged) }
        return try Vitals(running.service)
    }

    /// As many as this machine lets a process have.
    private static func connections(_ wanted: Int) throws -> Int {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { throw Service.Failure(description: "getrlimit") }
        limit.rlim_cur = limit.rlim_max
        setrlimit(kind, &limit)
        return min(wanted, Int(clamping: limit.rlim_max) - 500)
    }

    // MARK: Odd ones

    @Test
    func
        `After floods of connections and heads, resets and half requests everything is as before, and nothing is lost`()
        throws
    {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let rounds = Campaign.count("CINELOG_SOAK_ODD", test: 1, soak: 30)
        let count = try HostileClients.connections(5_000)
        let running = try Running(HostileClients.settings, chance: chance.split())
        let before = try warm(running, &chance)
        let port = HostileClients.port(running.service)
        for round in 1...rounds {
            let honest = HonestClients(running, chance: &chance, phase: round, clients: 2)
            defer { _ = honest.stop() }
            try connectAndSayNothing(port, count)
            for _ in 0..<count { _ = try RawClient(port: port) }
            try resetHalfway(port, 1_000)
            try floodHeads(port)
            try closeHalf(running, port, 300, phase: round)
            try pipeline(running, port, 1_000, phase: round)
            let (milliseconds, failures) = honest.stop()
            #expect(failures.isEmpty, "\(failures.count) of \(milliseconds.count), as \(failures.first ?? "")")
        }
        let after = try Vitals.settled(running.service, like: before)
        #expect(after.connections <= before.connections)
        #expect(
            after.descriptors <= before.descriptors + Vitals.otherDescriptors,
            "\(before.descriptors), then \(after.descriptors)")
        #expect(after.memory < HostileClients.memoryBytesMax)
        let wrong = running.invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
        Campaign.report(
            "floods, resets, half requests", count: rounds, seed: chance.seed, since: started,
            "\(before.memory >> 20) MiB before, \(after.memory >> 20) after; \(wrong.count) complaints")
    }

    @Test func `One address cannot take all connections where a setting says so`() throws {
        var chance = Chance()
        let settings = [
            "CONNECTIONS_MAX": "400", "CONNECTIONS_MAX_PER_ADDRESS": "100", "HTTP_THREADS": "1",
            "REQUEST_TIMEOUT_MS": "\(HostileClients.limitMilliseconds)",
        ]
        let running = try Running(settings, chance: chance.split())
        let silent = Crowd(
            port: HostileClients.port(running.service), addresses: 1,
            Array(repeating: Crowd.Script(name: "silent", opening: []), count: 2_000))
        let honest = HonestClients(running, chance: &chance, phase: 1)
        defer { _ = honest.stop() }
        try silent.run(until: Clock.monotonicMilliseconds() + HostileClients.lateMilliseconds * 2)
        let (milliseconds, failures) = honest.stop()
        #expect(silent.openReaders == 0)
        // As many as it may were held for as long as a request may take, and the others not at all.
        let held = silent.lifetimes.count { $0 + 10 >= HostileClients.limitMilliseconds }
        #expect(held >= 100 && held < 1_000, "\(held)")
        #expect(failures.isEmpty, "\(failures.count) of \(milliseconds.count), as \(failures.first ?? "")")
        let wrong = running.invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
    }

    private func connectAndSayNothing(_ port: Int, _ count: Int) throws {
        let silent = Crowd(port: port, Array(repeating: Crowd.Script(name: "silent", opening: []), count: count))
        let limit = HostileClients.limitMilliseconds
        try silent.run(until: Clock.monotonicMilliseconds() + limit + HostileClients.lateMilliseconds)
        #expect(silent.openReaders == 0 && silent.lifetimes.count == count)
        #expect(silent.peak > count / 2, "\(silent.peak) at once")
        #expect(silent.statuses("silent") == [""])
    }

    /// In the middle of a body, and of a head.
    private func resetHalfway(_ port: Int, _ count: Int) throws {
        for number in 0..<count {
            let client = try RawClient(port: port)
            client.resetAtClose()
            let head = HostileClients.post + "Content-Length: 60\r\n\r\n"
            client.send(
                number % 2 == 0 ? head + #"{"obj_id":"never-whole","# : String(head.dropLast(number % head.utf8.count)))
        }
    }

    private func floodHeads(_ port: Int) throws {
        let long = String(repeating: "x", count: 65_536)
        let fields = (0..<5_000).map { "X-\($0): y\r\n" }.joined()
        for request in [
            "GET /healthz?\(long) HTTP/1.1\r\nHost: test\r\n\r\n", "GET /\(long) HTTP/1.1\r\nHost: test\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: test\r\nX-Long: \(long)\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: test\r\n\(fields)\r\n",
            HostileClients.post + fields + "Content-Length: 2\r\n\r\n{}",
        ] {
            let clients = try (0..<50).map { _ in
                let client = try RawClient(port: port)
                client.send(request)
                let answer = client.answer()
                #expect([400, 414, 431].contains(answer?.status ?? 0), "\(answer?.status ?? 0): \(request.prefix(30))")
                client.finishSending()
                return client
            }
            for client in clients { client.awaitEnd() }
        }
    }

    /// A client that has said all it will gets its answers all the same.
    private func closeHalf(_ running: Running, _ port: Int, _ count: Int, phase: Int) throws {
        let author = running.client("half-\(phase)")
        let clients = try (0..<count).map { _ in
            let event = author.event(phase: phase)
            running.deliveries.sending([event])
            let client = try RawClient(port: port)
            client.send(HostileClients.request(event))
            client.finishSending()
            let answer = client.answer()
            #expect(answer?.status == 201 && answer?.body.contains(event.identifier.description) == true)
            if answer?.status == 201 { running.deliveries.acknowledged([event]) }
            return client
        }
        for client in clients { client.awaitEnd() }
    }

    /// All requests are sent before the first answer is read, or as far as the buffers go.
    private func pipeline(_ running: Running, _ port: Int, _ count: Int, phase: Int) throws {
        let author = running.client("pipeline-\(phase)")
        let events = (0..<count).map { _ in author.event(phase: phase) }
        running.deliveries.sending(events)
        let client = try RawClient(port: port)
        let sender = RawSender(client.descriptor, events.map(HostileClients.request).joined())
        var inOrder = 0
        for event in events {
            guard let answer = client.answer(), answer.status == 201, answer.body.contains(event.identifier.description)
            else { break }
            running.deliveries.acknowledged([event])
            inOrder += 1
        }
        sender.join()
        #expect(inOrder == count)
    }

    private static func request(_ event: SentEvent) -> String {
        "POST \(event.kind.path)/ HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(event.body.utf8.count)\r\n\r\n\(event.body)"
    }
}
