import Glibc
import Platform
import TestSupport
import Testing

/// `cinelog forget` with the real binary, an old backlog, and kills.
@Suite(.serialized, .turn(.processes)) struct ForgetTests {
    private static let user = "7d2bb5e3-c0f0-4b7e-8f3a-2f4d1c6b7a89"

    /// Two who send: by their anonymous_id, with a word of their own in a field beyond the contract.
    private func loads(_ service: Service) -> (one: MixedLoad, other: MixedLoad) {
        (
            MixedLoad(service, threads: 2, members: #""anonymous_id":"forget-me","canary":"canary-of-mine","#),
            MixedLoad(service, threads: 2, members: #""anonymous_id":"keep-me","canary":"canary-of-others","#)
        )
    }

    private static let traces = "forget-me\\|canary-of-mine"

    /// Files of DATA_DIR that hold anything of the one who asked.
    private func files(_ service: Service) -> [String] {
        Service.files(holding: Self.traces, below: service.folder)
    }

    /// - Parameter sent: what may be there of others: a service that was killed has stored what it did not come to answer. Nil: what
    ///   was acknowledged and nothing else.
    private func expectForgotten(_ service: Service, keeping others: Set<String>, of sent: Set<String>? = nil) throws {
        #expect(try service.stored(where: "anonymous_id = 'forget-me'").isEmpty)
        let stored = Set(try service.stored().keys)
        #expect(others.isSubset(of: stored) && stored.isSubset(of: sent ?? others))
        #expect(try service.rows("SELECT count() FROM quarantine WHERE payload LIKE '%forget-me%'") == ["0"])
        #expect(files(service) == [])
        let audit = service.cinelog("audit")
        #expect(audit.code == 0 && audit.output.contains("balanced"), "\(audit.output)")
    }

    private func waitUntilComplete(_ service: Service, count: Int, within milliseconds: UInt64 = 120_000) throws {
        let rows = try service.rows("SELECT count() FROM erasures WHERE complete = 1", within: milliseconds) {
            Int($0.first ?? "") ?? 0 >= count
        }
        let receipts = try service.rows("SELECT * FROM erasures")
        #expect(Int(rows.first ?? "") ?? 0 >= count, "\(receipts)\n\(service.output)")
    }

    @Test func `A device is forgotten while others send: no byte of it stays, and nothing of theirs goes`() throws {
        let service = try Service("serve", ["QUARANTINE_REJECTED": "true"])
        let (one, other) = loads(service)
        one.wait(for: 500)
        _ = try service.post("/clicks/", #"{"obj_id":5,"anonymous_id":"forget-me"}"#)
        let mine = one.stop()
        try service.expect(mine)
        #expect(!files(service).isEmpty)
        let answer = service.cinelog("forget --anonymous forget-me --json")
        #expect(answer.code == 0 && !answer.output.contains("forget-me"), "\(answer.output)")
        try waitUntilComplete(service, count: 1)
        let others = other.stop()
        try service.expect(others)
        try expectForgotten(service, keeping: others)
        #expect(other.failed.isEmpty, "\(other.failed.first ?? "")")
        let forgotten = try service.rows("SELECT countIf(outcome = 'forgotten') FROM deliveries")
        #expect(Int(forgotten[0]) ?? 0 >= mine.count)
    }

    @Test func `A user of a token is forgotten, by any spelling of the UUID`() throws {
        let service = try Service("serve", ["JWT_PUBLIC_KEY": SigningKey.rsa.publicPEM, "ANONYMOUS_EVENTS": "true"])
        let token = SigningKey.rsa.token(
            header: #"{"alg":"RS256","typ":"JWT"}"#, payload: #"{"sub":"\#(Self.user)","exp":\#(time(nil) + 600)}"#)
        let one = MixedLoad(service, threads: 1, headers: [("Authorization", "Bearer \(token)")])
        let other = MixedLoad(service, threads: 1, members: #""anonymous_id":"\#(Self.user)-not","#)
        one.wait(for: 200)
        other.wait(for: 200)
        let (mine, others) = (one.stop(), other.stop())
        try service.expect(mine.union(others))
        #expect(Set(try service.stored(where: "user_id = '\(Self.user)'").keys) == mine)
        let answer = service.cinelog("forget --user \(Self.user.uppercased())")
        #expect(answer.code == 0 && answer.output.contains("complete"), "\(answer.output)")
        #expect(Set(try service.stored().keys) == others)
        #expect(service.cinelog("audit").code == 0)
    }

    @Test(arguments: [true, false])
    func `An old backlog does not bring a person back, whether a store runs or not`(running: Bool) throws {
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let collector = try Service("collect", folder: folder)
        let (one, other) = loads(collector)
        one.wait(for: 1000)
        other.wait(for: 1000)
        one.stop()
        let others = other.stop()
        // Slow, so that most of it is still to come when the request is made.
        let store = try Service("store", ["LOAD_MAX_EVENTS": "200"], folder: folder)
        if !running { #expect(store.end(SIGKILL) > 0) }
        let answer = store.cinelog("forget --anonymous forget-me")
        #expect(answer.code == 0 && answer.output.contains("receipt"), "\(answer.output)")
        if !running { try store.start() }
        try store.expect(others)
        try waitUntilComplete(store, count: 1)
        try expectForgotten(store, keeping: others)
        store.stop()
        collector.stop()
    }

    @Test func `kill -9 at random moments of a request leaves nothing half done`() throws {
        let service = try Service("serve", ["LOAD_MAX_EVENTS": "500", "LOAD_MAX_AGE_MS": "100"])
        let (one, other) = loads(service)
        one.wait(for: 500)
        one.stop()
        for _ in 0..<3 {
            let request = Thread("request") { _ = service.cinelog("forget --anonymous forget-me") }
            usleep(UInt32.random(in: 5_000...1_500_000))
            if Bool.random(), let store = service.child("store") {
                kill(store, SIGKILL)
            } else {
                service.killAll()
                request.join()
                try service.start()
            }
            request.join()
            try service.waitForStore()
        }
        let last = service.cinelog("forget --anonymous forget-me")
        #expect(last.code == 0, "\(last.output)")
        let others = other.stop()
        // As many as came while requests were made: the busier the machine, the more.
        try service.expect(others, within: 240_000)
        // Every note that was made comes to its end.
        let deadline = Clock.monotonicMilliseconds() + 120_000
        while let names = try? FileTree.names(in: service.folder + "/erasures"), !names.isEmpty,
            Clock.monotonicMilliseconds() < deadline
        { usleep(100_000) }
        try waitUntilComplete(service, count: 1)
        try expectForgotten(service, keeping: others, of: other.sent)
    }

    @Test func `A request that was noted is carried by a backup, and finished where it is restored`() throws {
        let place = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(place)'") }
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let collector = try Service("collect", folder: folder)
        let (one, other) = loads(collector)
        one.wait(for: 300)
        other.wait(for: 300)
        one.stop()
        let others = other.stop()
        collector.stop()
        // Without the collector the log's remains cannot be erased: the request waits.
        let store = try Service("store", folder: folder)
        let answer = store.cinelog("forget --anonymous forget-me")
        #expect(answer.code == 0 && answer.output.contains("not complete before cinelog collect"), "\(answer.output)")
        let backup = store.cinelog("backup '\(place)/copy'")
        #expect(backup.code == 0, "\(backup.output)")
        store.stop()
        #expect(store.cinelog("restore '\(place)/copy'", data: place + "/data").code == 0)
        #expect(try FileTree.names(in: place + "/data/erasures").count == 1)
        let service = try Service("serve", folder: place + "/data")
        try waitUntilComplete(service, count: 1)
        try expectForgotten(service, keeping: others)
        service.stop()
    }
}
