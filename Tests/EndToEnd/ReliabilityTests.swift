import Events
import Glibc
import HTTPClient
import Platform
import Synchronization
import TestSupport
import Testing

/// What dies, restarts and drains. (Long campaigns of kills are `./dev soak`'s.)
@Suite(.turn(.processes)) struct ReliabilityTests {
    /// Posts single clicks from a few threads until told to stop; counts what was answered 201.
    final class Load: Sendable {
        private let accepted = Mutex<[String]>([])
        private let failures = Mutex<[String]>([])
        private let stopped = Atomic<Bool>(false)
        private let threads = Mutex<[Thread]>([])

        init(_ service: Service, threads count: Int) {
            let url = service.ingest
            let load = mark()
            for number in 0..<count {
                let thread = Thread("load \(number)") { [self] in
                    let client = HTTPClient(timeoutMilliseconds: 20_000)
                    var sequence = 0
                    while !stopped.load(ordering: .relaxed) {
                        sequence += 1
                        let name = "\(load)-\(number)-\(sequence)"
                        let body = Array(#"{"obj_id":"\#(name)"}"#.utf8)
                        do {
                            let answer = try body.withUnsafeBytes {
                                try client.request(
                                    "POST", url + "/clicks/", headers: [("Content-Type", "application/json")], body: $0)
                            }
                            if answer.status == 201 { accepted.withLock { $0.append(name) } }
                            if answer.status != 201 {
                                failures.withLock { $0.append("\(answer.status) \(answer.text)") }
                            }
                        } catch {
                            failures.withLock { $0.append("\(error)") }
                            usleep(5000)
                        }
                    }
                }
                threads.withLock { $0.append(thread) }
            }
        }

        var count: Int { accepted.withLock { $0.count } }
        var failed: [String] { failures.withLock { $0 } }

        /// The names whose events were acknowledged.
        func stop() -> Set<String> {
            stopped.store(true, ordering: .relaxed)
            for thread in threads.withLock({ $0 }) { thread.join() }
            return Set(accepted.withLock { $0 })
        }

        func wait(for more: Int) {
            let target = count + more
            let deadline = Clock.monotonicMilliseconds() + 30_000
            while count < target, Clock.monotonicMilliseconds() < deadline { usleep(2000) }
        }
    }

    /// Every acknowledged event is in the table, once.
    private func check(_ service: Service, holds acknowledged: Set<String>) throws {
        let deadline = Clock.monotonicMilliseconds() + 20_000
        while true {
            let rows = try service.rows(
                "SELECT obj_id, count() FROM clicks GROUP BY obj_id ORDER BY obj_id LIMIT 1000000")
            let stored = Set(rows.map { String($0.split(separator: "\t")[0]) })
            let missing = acknowledged.subtracting(stored)
            if missing.isEmpty {
                #expect(rows.allSatisfy { $0.hasSuffix("\t1") }, "an event is there twice")
                return
            }
            guard Clock.monotonicMilliseconds() < deadline else {
                Issue.record("\(missing.count) of \(acknowledged.count) acknowledged events are missing")
                return
            }
            usleep(100_000)
        }
    }

    @Test func `A restart keeps everything`() throws {
        let service = try Service("serve")
        let load = Load(service, threads: 4)
        load.wait(for: 200)
        let acknowledged = load.stop()
        #expect(service.stop() == 0)
        try service.start()
        try check(service, holds: acknowledged)
        #expect(load.failed.isEmpty, "\(load.failed.first ?? "")")
    }

    @Test func `SIGTERM under load loses nothing that was acknowledged, and drains in time`() throws {
        let service = try Service("serve")
        let load = Load(service, threads: 8)
        load.wait(for: 300)
        let started = Clock.monotonicMilliseconds()
        #expect(service.stop() == 0)
        #expect(Clock.monotonicMilliseconds() - started < 12_000)
        let acknowledged = load.stop()
        try service.start()
        try check(service, holds: acknowledged)
        // What was not acknowledged was refused or cut off by connecting, never with a server error.
        #expect(!load.failed.contains { $0.hasPrefix("500") })
    }

    @Test func `kill -9 of the store does not interrupt collecting, and it comes back`() throws {
        let service = try Service("serve")
        let load = Load(service, threads: 2)
        for _ in 0..<3 {
            load.wait(for: 50)
            let store = try #require(service.child("store"))
            kill(store, SIGKILL)
            load.wait(for: 50)
            let deadline = Clock.monotonicMilliseconds() + 20_000
            while (try? service.get(service.admin + "/readyz"))?.status != 200 {
                guard Clock.monotonicMilliseconds() < deadline else { break }
                usleep(20_000)
            }
            #expect(try #require(service.child("store")) != store)
        }
        let acknowledged = load.stop()
        #expect(load.failed.isEmpty, "\(load.failed.first ?? "")")
        try check(service, holds: acknowledged)
    }

    @Test func `kill -9 of everything loses nothing that was acknowledged`() throws {
        let service = try Service("serve")
        for _ in 0..<3 {
            let load = Load(service, threads: 4)
            load.wait(for: 100)
            let children = [service.child("collect"), service.child("store")].compactMap { $0 }
            for child in children { kill(child, SIGKILL) }
            service.end(SIGKILL)
            let acknowledged = load.stop()
            try service.start()
            try check(service, holds: acknowledged)
        }
    }

    @Test func `Children do not outlive a killed supervisor`() throws {
        let service = try Service("serve")
        let children = try [#require(service.child("collect")), #require(service.child("store"))]
        service.end(SIGKILL)
        let deadline = Clock.monotonicMilliseconds() + 10_000
        while children.contains(where: { kill($0, 0) == 0 }), Clock.monotonicMilliseconds() < deadline {
            usleep(20_000)
        }
        #expect(children.allSatisfy { kill($0, 0) != 0 })
    }

    @Test func `A collector alone collects, and a store that comes later loads it all`() throws {
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let collector = try Service("collect", folder: folder)
        #expect(try collector.post("/clicks/", #"{"obj_id":"early"}"#).status == 201)
        let store = try Service("store", folder: folder)
        #expect(try store.count("clicks", reaching: 1) == 1)
        #expect(try collector.post("/clicks/", #"{"obj_id":"late"}"#).status == 201)
        #expect(try store.count("clicks", reaching: 2, within: 3000) == 2)
        store.stop()
        collector.stop()
    }

    /// Sends batches until one is refused: how many events were accepted, and the answer to that one.
    private func fill(_ collector: Service, batchesOf count: Int) throws -> (
        accepted: Int, refused: HTTPClientResponse?
    ) {
        let text = String(repeating: "x", count: 500)
        let events = (0..<count).map { #"{"type":"click","obj_id":"\#($0)","text":"\#(text)"}"# }
        let batch = "[" + events.joined(separator: ",") + "]"
        for number in 0..<1_000 {
            let answer = try collector.post("/v1/events", batch, gzip: true)
            if answer.status != 201 { return (number * count, answer) }
        }
        return (1_000 * count, nil)
    }

    @Test func `A full log answers 503 with Retry-After, loses nothing, and goes on once there is room`() throws {
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let collector = try Service("collect", ["LOG_MAX_BYTES": "16M"], folder: folder)
        var (accepted, refused) = try fill(collector, batchesOf: 1_000)
        #expect(refused?.status == 503 && refused?.header("Retry-After") != nil, "\(accepted) were accepted")
        // It calls itself full where a large event has no room, which is less than those batches; its upkeep may make a little.
        let isFull = try holds(within: 20_000) {
            let more = try fill(collector, batchesOf: 50)
            accepted += more.accepted
            return try collector.get(collector.ingest + "/readyz").status == 503
        }
        #expect(isFull)
        #expect(try collector.get(collector.ingest + "/healthz").status == 200)

        let store = try Service("store", ["LOG_MAX_BYTES": "16M"], folder: folder)
        #expect(try store.count("clicks", reaching: accepted, within: 30_000) == accepted)
        let deadline = Clock.monotonicMilliseconds() + 30_000
        while try collector.post("/clicks/", #"{"obj_id":"room"}"#).status != 201 {
            guard Clock.monotonicMilliseconds() < deadline else {
                Issue.record("there is no room again")
                return
            }
            usleep(100_000)
        }
        #expect(try store.count("clicks", reaching: accepted + 1) == accepted + 1)
        #expect(try collector.get(collector.ingest + "/readyz").status == 200)
        store.stop()
        collector.stop()
    }

    @Test func `The same event sent again is one row, even with another time`() throws {
        let service = try Service("serve")
        let id = "0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89"
        for attempt in 0..<5 {
            let time = attempt % 2 == 0 ? "" : #","time":\#(time(nil) - attempt)"#
            #expect(try service.post("/clicks/", #"{"event_id":"\#(id)","obj_id":"again"\#(time)}"#).status == 201)
            if attempt == 2 {
                #expect(try service.count("clicks", reaching: 1) == 1)
                service.stop()
                try service.start()
            }
        }
        #expect(try service.post("/clicks/", #"{"obj_id":"last"}"#).status == 201)
        #expect(try service.count("clicks", reaching: 2) == 2)
        #expect(try service.rows("SELECT count() FROM clicks WHERE event_id = '\(id)'") == ["1"])
    }

    @Test func `Wrong settings stop the start with their name, value and what is allowed`() {
        func start(_ settings: [String: String]) -> String {
            do {
                _ = try Service("collect", settings)
                return "started"
            } catch {
                return "\(error)"
            }
        }
        for (name, value) in [
            ("LOG_LEVEL", "loud"), ("LOG_MAX_BYTES", "many"), ("INGEST_LISTEN", "8080"),
            ("CORS_ORIGINS", "cinema.example"),
            ("JWT_PUBLIC_KEY", "nonsense"), ("ADMIN_LISTEN", "0.0.0.0:8081"), ("ANONYMOUS_EVENTS", "false"),
            ("CLICKHOUSE_NODES", "localhost:8123"),
        ] {
            let words = start([name: value])
            #expect(words.contains(name) && !words.contains("started"), "\(name): \(words)")
        }
    }

    @Test func `An address in use is said so`() throws {
        let first = try Service("collect")
        let port = first.ingest.split(separator: ":").last.map(String.init) ?? ""
        #expect(
            performing: {
                _ = try Service("collect", ["INGEST_LISTEN": "127.0.0.1:\(port)"])
            }, throws: { "\($0)".contains("INGEST_LISTEN") && "\($0)".contains("in use") })
    }
}
