import Events
import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

/// From a request that failed its checks to its event's table: the real binary, its quarantine and its replay.
@Suite(.turn(.processes)) struct ReplayTests {
    private static let strict = ["QUARANTINE_REJECTED": "true", "EVENT_MAX_BYTES": "2K", "JSON_MAX_DEPTH": "8"]
    private static let id = "0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89"

    private func withFolder(_ body: (String) throws -> Void) rethrows {
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        try body(folder)
    }

    /// Runs a command beside the service, as an operator would.
    private func run(_ words: String, _ service: Service, _ settings: [String: String] = [:]) -> (
        code: Int32, output: String
    ) {
        let admin = String(service.admin.dropFirst("http://".count))
        let environment = ["DATA_DIR": service.folder, "ADMIN_LISTEN": admin, "LOG_LEVEL": "error"]
        return Service.shell("'\(Service.binary)' \(words)", environment: environment.merging(settings) { $1 })
    }

    private func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    /// Bad requests of every sort: seven are kept, of which two pass larger limits.
    private func sendBad(_ service: Service) throws {
        let long = String(repeating: "é", count: 2_000)
        let now = time(nil)
        #expect(try service.post("/clicks/", #"{"obj_id":"deep","own":\#(nested(20)),"time":\#(now)}"#).status == 422)
        let batch =
            #"[{"type":"page","url":"/","duration":1,"event_id":"\#(Self.id)","own":"\#(long)"},{"type":"click","obj_id":"good"}]"#
        #expect(try service.post("/v1/events", batch).status == 207)
        #expect(try service.post("/films/", #"{"film_id":"zz","timecode":1}"#).status == 422)
        #expect(try service.post("/custom_events/", #"{"information":"#).status == 400)
        #expect(try service.post("/v1/events", "{}\nnot JSON\n", type: "application/x-ndjson").status == 422)
        #expect(try service.get(service.ingest + "/v1/pixel.gif?type=page&url=%2F&duration=-1").status == 422)
        // None of the event's own faults.
        #expect(try service.post("/clicks/", #"{"obj_id":"\#(long)"}"#).status == 413)
        #expect(try service.post("/clicks/", "{}", type: "text/html").status == 415)
        #expect(try service.post("/v1/validate", "[{}]").status == 422)
    }

    @Test func `Bad requests are seen in the quarantine, and pass once the rules let them, once`() throws {
        try withFolder { folder in
            let strict = try Service("serve", Self.strict, folder: folder)
            try sendBad(strict)
            #expect(try strict.count("quarantine", reaching: 7) == 7)
            #expect(
                try strict.rows("SELECT kind, field, source, topic FROM quarantine ORDER BY position") == [
                    "click\t\trejected\trejected", "page\t\trejected\trejected", "film\tfilm_id\trejected\trejected",
                    "custom\t\trejected\trejected", "\ttype\trejected\trejected", "\t\trejected\trejected",
                    "page\tduration\trejected\trejected",
                ])
            #expect(
                try strict.rows("SELECT payload FROM quarantine WHERE position = 2") == [
                    #"{"film_id":"zz","timecode":1}"#
                ])
            let same = run("replay", strict, Self.strict)
            #expect(
                same.code == 0 && same.output.contains("7 read: 0 replayed, 0 already there, 7 still refused"),
                "\(same)")
            #expect(run("audit", strict).output.hasSuffix("balanced\n"))
            #expect(strict.stop() == 0)

            let service = try Service("serve", folder: folder)
            let dry = run("replay --dry-run", service)
            #expect(
                dry.code == 0 && dry.output.contains("7 read: 2 would be replayed, 0 already there, 5 still refused"))
            #expect(try service.rows("SELECT count() FROM quarantine WHERE replayed_at > '2000-01-01'") == ["0"])
            let replay = run("replay", service)
            #expect(
                replay.code == 0 && replay.output.contains("7 read: 2 replayed, 0 already there, 5 still refused"),
                "\(replay)")
            #expect(
                try service.rows("SELECT obj_id, abs(time - received_at) < 60, verdict FROM clicks ORDER BY obj_id")
                    == ["deep\t1\t", "good\t1\t"])
            #expect(try service.rows("SELECT event_id, length(extra) > 4000 FROM pages") == ["\(Self.id)\t1"])
            let again = run("replay --json", service)
            #expect(
                again.code == 0 && again.output.contains(#""read":5,"replayed":0,"already_there":0,"still_refused":5"#),
                "\(again)")
            #expect(
                try service.rows("SELECT outcome, count() FROM deliveries GROUP BY outcome ORDER BY outcome")
                    == ["quarantined\t5", "replayed\t2", "stored\t1"])
            let audit = run("audit", service)
            #expect(audit.code == 0 && audit.output.hasSuffix("balanced\n"), "\(audit)")
            service.stop()
        }
    }

    @Test func `A replay works without a running store, with a token, and refuses what makes no sense`() throws {
        try withFolder { folder in
            let token = ["ADMIN_TOKEN": "a-long-enough-secret"]
            let strict = try Service("serve", Self.strict.merging(token) { $1 }, folder: folder)
            try sendBad(strict)
            let authorization = [("Authorization", "Bearer a-long-enough-secret")]
            let deadline = Clock.monotonicMilliseconds() + 20_000
            while try strict.sql("SELECT count() FROM quarantine FORMAT TSV", headers: authorization).body.string
                != "7\n",
                Clock.monotonicMilliseconds() < deadline
            { usleep(20_000) }
            #expect(run("replay", strict).code == 69)
            let told = run("replay --kind film --since 2020-01-01", strict, token)
            #expect(told.code == 0 && told.output.contains("1 read: 0 replayed"), "\(told)")
            for (words, part) in [
                ("--kind clicks", "kind=clicks"), ("--since yesterday", "since=yesterday"), ("--until 1", "--until"),
            ] {
                let wrong = run("replay \(words)", strict, token)
                #expect(wrong.code == 64 && wrong.output.contains(part), "\(wrong)")
            }
            let parameters = try Array("".utf8).withUnsafeBytes {
                try HTTPClient(timeoutMilliseconds: 20_000).request(
                    "POST", strict.admin + "/v1/replay?dry-run=perhaps", headers: authorization, body: $0)
            }
            #expect(parameters.status == 422 && parameters.body.string.contains("dry-run"))
            #expect(try strict.get(strict.admin + "/v1/replay", headers: authorization).status == 405)
            #expect(strict.stop() == 0)
            let alone = run("replay", strict)
            #expect(
                alone.code == 0 && alone.output.contains("7 read: 2 replayed, 0 already there, 5 still refused"),
                "\(alone)")
        }
    }

    private func count(_ service: Service, _ condition: String) throws -> Int {
        Int(try service.rows("SELECT count() FROM quarantine WHERE \(condition)").first ?? "") ?? -1
    }

    /// Orders a replay, kills the store once so many pages are told of, and waits for the next one.
    private func killStore(_ service: Service, afterPages pages: Int) throws {
        let store = try #require(service.child("store"))
        let output = service.folder + "/replay-\(pages).txt"
        let environment = ["ADMIN_LISTEN": String(service.admin.dropFirst("http://".count)), "LOG_LEVEL": "error"]
        let replay = try Service.spawn([Service.binary, "replay"], environment, output: output, in: service.folder)
        let deadline = Clock.monotonicMilliseconds() + 60_000
        while Service.text(output).utf8.count(where: { $0 == 0x0A }) < pages, Clock.monotonicMilliseconds() < deadline {
            usleep(1_000)
        }
        kill(store, SIGKILL)
        var status: Int32 = 0
        waitpid(replay, &status, 0)
        #expect(status != 0, "\(Service.text(output))")
        while (try? service.get(service.admin + "/readyz"))?.status != 200, Clock.monotonicMilliseconds() < deadline {
            usleep(20_000)
        }
    }

    @Test func `A store killed in the middle of a replay, again and again, ends with every event once`() throws {
        try withFolder { folder in
            let rate = ["QUARANTINE_EVENTS_PER_S": "100000", "QUARANTINE_BYTES_PER_S": "100M"]
            let strict = try Service("serve", Self.strict.merging(rate) { $1 }, folder: folder)
            let own = nested(20)
            for batch in 0..<15 {
                let lines = (0..<2_000).map { #"{"type":"click","obj_id":"\#(batch)-\#($0)","own":\#(own)}"# }
                let answer = try strict.post("/v1/events", lines.joined(separator: "\n"), type: "application/x-ndjson")
                #expect(answer.status == 422)
            }
            #expect(try strict.count("quarantine", reaching: 30_000, within: 60_000) == 30_000)
            #expect(strict.stop() == 0)

            let service = try Service("serve", folder: folder)
            for pages in 1...3 {
                try killStore(service, afterPages: pages)
                let (done, there) = (
                    try count(service, "replayed_at > '2000-01-01'"), try service.count("clicks", reaching: 1)
                )
                #expect(done >= pages * 2_000 && done < 30_000 && there >= done, "\(done) done, \(there) there")
            }
            let last = run("replay", service)
            #expect(last.code == 0 && last.output.contains(" 0 still refused"), "\(last)")
            #expect(run("replay", service).output.contains("0 read"))
            #expect(
                try service.rows("SELECT count(), uniqExact(event_id), uniqExact(obj_id) FROM clicks") == [
                    "30000\t30000\t30000"
                ])
            #expect(try service.rows("SELECT DISTINCT replayed_at > '2000-01-01' FROM quarantine") == ["1"])
            let audit = run("audit", service)
            #expect(audit.code == 0 && audit.output.hasSuffix("balanced\n"), "\(audit)")
            service.stop()
        }
    }
}
