import Events
import Glibc
import HTTPClient
import Platform
import Synchronization
import TestSupport
import Testing

/// Single events, batches over all kinds, and events sent twice, from a few threads until told to stop; some thousand events a
/// second, so that all of them can be read back. Remembers the event_id of everything that was sent, and of what was acknowledged. A
/// person may be put into every event.
final class MixedLoad: Sendable {
    private let url: String
    /// Members of every event, such as `"anonymous_id":"x",`; or "".
    private let members: String
    private let headers: [(String, String)]
    private let attempted = Mutex<Set<String>>([])
    private let acknowledged = Mutex<Set<String>>([])
    private let failures = Mutex<[String]>([])
    private let stopped = Atomic<Bool>(false)
    private let threads = Mutex<[Thread]>([])

    init(_ service: Service, threads count: Int = 3, members: String = "", headers: [(String, String)] = []) {
        url = service.ingest
        self.members = members
        self.headers = headers
        for number in 0..<count {
            let thread = Thread("load \(number)") { [self] in send(number) }
            threads.withLock { $0.append(thread) }
        }
    }

    /// What has been sent so far, whatever was answered.
    var sent: Set<String> { attempted.withLock { $0 } }
    /// What has been acknowledged so far.
    var now: Set<String> { acknowledged.withLock { $0 } }
    var failed: [String] { failures.withLock { $0 } }

    func wait(for more: Int) {
        let target = now.count + more
        let deadline = Clock.monotonicMilliseconds() + 60_000
        while now.count < target, Clock.monotonicMilliseconds() < deadline { usleep(2000) }
    }

    @discardableResult
    func stop() -> Set<String> {
        stopped.store(true, ordering: .relaxed)
        for thread in threads.withLock({ $0 }) { thread.join() }
        return now
    }

    private func send(_ number: Int) {
        let client = HTTPClient(timeoutMilliseconds: 20_000)
        var identifiers = UUIDGenerator()
        var round = number
        while !stopped.load(ordering: .relaxed) {
            round += 1
            let ids = (0..<(round % 3 == 0 ? 40 : 1)).map { _ in
                identifiers.next(unixMilliseconds: Clock.unixMilliseconds()).description
            }
            attempted.withLock { $0.formUnion(ids) }
            let tries = round % 4 == 0 ? 2 : 1
            for _ in 0..<tries where post(client, ids) { acknowledged.withLock { $0.formUnion(ids) } }
            usleep(5000)
        }
    }

    private func post(_ client: HTTPClient, _ ids: [String]) -> Bool {
        let isBatch = ids.count > 1
        let events = ids.enumerated().map {
            event($1, isBatch ? ["click", "page", "film", "custom"][$0 % 4] : "click")
        }
        let body = Array((isBatch ? "[\(events.joined(separator: ","))]" : events[0]).utf8)
        do {
            let answer = try body.withUnsafeBytes {
                try client.request(
                    "POST", url + (isBatch ? "/v1/events" : "/clicks/"),
                    headers: headers + [("Content-Type", "application/json")], body: $0)
            }
            if answer.status == 201 { return true }
            failures.withLock { $0.append("\(answer.status) \(answer.text)") }
        } catch {
            failures.withLock { $0.append("\(error)") }
            usleep(5000)
        }
        return false
    }

    private func event(_ id: String, _ type: String) -> String {
        let own =
            switch type {
            case "click": #""obj_id":"button""#
            case "page": #""url":"https://cinema.example/","duration":3"#
            case "film":
                #""film_id":"b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89","timecode":"00:00:10","watched":[[0,10]]"#
            default: #""information":{"a":1}"#
            }
        return #"{"type":"\#(type)","event_id":"\#(id)",\#(members)\#(own)}"#
    }
}

extension Service {
    /// Every event in the tables' views, by its event_id; how often it is there.
    func stored(where condition: String = "1") throws -> [String: Int] {
        let tables = ["clicks", "pages", "views", "custom_events"].map {
            "SELECT event_id FROM \($0) WHERE \(condition)"
        }
        let rows = try rows(
            "SELECT toString(event_id), count() FROM (\(tables.joined(separator: " UNION ALL "))) GROUP BY event_id "
                + "LIMIT 1000000")
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let columns = row.split(separator: "\t")
                return (String(columns[0]), Int(columns[1]) ?? 0)
            })
    }

    /// Waits until all of `ids` are in the tables; each must be there once.
    func expect(
        _ ids: Set<String>, within milliseconds: UInt64 = 60_000, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let deadline = Clock.monotonicMilliseconds() + milliseconds
        while true {
            let stored = try stored()
            let missing = ids.subtracting(stored.keys)
            if missing.isEmpty {
                #expect(stored.values.allSatisfy { $0 == 1 }, "an event is there twice", sourceLocation: sourceLocation)
                return
            }
            guard Clock.monotonicMilliseconds() < deadline else {
                Issue.record("\(missing.count) of \(ids.count) events are missing", sourceLocation: sourceLocation)
                return
            }
            usleep(50_000)
        }
    }

    /// Runs a command of the binary beside this service, with its addresses.
    func cinelog(_ command: String, data: String? = nil, in folder: String? = nil) -> (code: Int32, output: String) {
        var environment = [
            "DATA_DIR": data ?? self.folder, "INGEST_LISTEN": String(ingest.dropFirst(7)),
            "ADMIN_LISTEN": String(admin.dropFirst(7)), "SWIFT_BACKTRACE": "enable=no",
        ]
        if let path = getenv("LD_LIBRARY_PATH") { environment["LD_LIBRARY_PATH"] = String(cString: path) }
        return Service.shell("\(Service.binary) \(command)", in: folder ?? self.folder, environment: environment)
    }

    /// Kills the supervisor and both roles at once.
    func killAll() {
        for child in [child("collect"), child("store")].compactMap({ $0 }) { kill(child, SIGKILL) }
        end(SIGKILL)
    }
}
