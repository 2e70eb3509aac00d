import Events
import Glibc
import Platform
import TestSupport
import Testing

/// Floods, and connections that end in odd ways.
extension HostileClients {
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
