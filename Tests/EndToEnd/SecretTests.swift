import Events
import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

/// Secrets given to the real program, whatever becomes of it, are in nothing that it says, shows or writes.
@Suite(.serialized, .turn(.processes)) struct SecretTests {
    /// Every setting that is a secret, with a value that is found nowhere else.
    static let secrets = [
        "ADMIN_TOKEN": "canary-admin-5d02a1c7", "WRITE_KEYS": "canary-write-9b1e44f0,canary-write-77ac03d2",
        "KAFKA_SASL_PASSWORD": "canary-sasl-e80b6b15", "KAFKA_SSL_KEY_PASSWORD": "canary-key-0c3f92be",
        "CLICKHOUSE_PASSWORD": "canary-click-4471d9aa",
    ]
    static let token = SigningKey.rsa.token(
        header: #"{"alg":"RS256"}"#,
        payload: #"{"sub":"7d2bb5e3-c0f0-4b7e-8f3a-2f4d1c6b7a89","exp":1999999999,"jti":"canary"}"#)
    static let brokersAway = [
        "KAFKA_BROKERS": "127.0.0.1:1", "KAFKA_SECURITY_PROTOCOL": "sasl_plaintext", "KAFKA_SASL_MECHANISM": "PLAIN",
        "KAFKA_SASL_USERNAME": "someone",
    ]
    static let nodesAway = ["CLICKHOUSE_NODES": "http://127.0.0.1:1", "CLICKHOUSE_USER": "someone"]
    private static let admin = [("Authorization", "Bearer canary-admin-5d02a1c7")]
    private static let key = ("X-Write-Key", "canary-write-9b1e44f0")
    private static let event = #"{"obj_id":"a"}"#

    private func settings(_ more: [String: String] = [:]) -> [String: String] {
        Self.secrets.merging(["JWT_PUBLIC_KEY": SigningKey.rsa.publicPEM, "QUARANTINE_REJECTED": "true"]) { $1 }
            .merging(more) { $1 }
    }

    private func expectNone(_ text: String, _ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(!text.contains("canary"), "\(what)", sourceLocation: sourceLocation)
        // The parts of a viewer's token behind its header, which is no secret.
        for part in Self.token.split(separator: ".").dropFirst() {
            #expect(!text.contains(part), "\(what): the token", sourceLocation: sourceLocation)
        }
    }

    /// What the service wrote, and what every process of it shows to others.
    private func expectNone(in service: Service, sourceLocation: SourceLocation = #_sourceLocation) {
        expectNone(service.output, "output", sourceLocation: sourceLocation)
        for pattern in ["canary"] + Self.token.split(separator: ".").dropFirst().map(String.init) {
            #expect(Service.files(holding: pattern, below: service.folder) == [], sourceLocation: sourceLocation)
        }
        let lines = Service.shell("ps -ww -o args= -p \(service.pid) --ppid \(service.pid)").output
        expectNone(lines, "command lines", sourceLocation: sourceLocation)
    }

    private func eventually(_ what: String, _ holds: () throws -> Bool) throws {
        let deadline = Clock.monotonicMilliseconds() + 60_000
        while try !holds() {
            guard Clock.monotonicMilliseconds() < deadline else {
                Issue.record("not within a minute: \(what)")
                return
            }
            usleep(20_000)
        }
    }

    @Test func `A service at work, asked wrongly and crashing`() throws {
        let service = try Service("serve", settings())
        let bearer = ("Authorization", "Bearer \(Self.token)")
        #expect(try service.post("/clicks/", Self.event, headers: [Self.key, bearer]).status == 201)
        let refusals = [
            try service.post("/clicks/", Self.event, headers: [("X-Write-Key", "canary-unknown"), bearer]),
            try service.post("/clicks/?key=canary-unknown", Self.event, headers: [bearer]),
            try service.post("/clicks/", Self.event, headers: [Self.key, ("Authorization", "Bearer \(Self.token)x")]),
            try service.post("/clicks/", #"{"obj_id":7}"#, headers: [Self.key, bearer]),
            try service.post("/clicks/", #"{"obj_id":"#, headers: [Self.key, bearer]),
            try service.post("/v1/events?key=canary-write-9b1e44f0", "[7]", headers: [bearer]),
            try service.get(service.ingest + "/nowhere?key=canary-write-9b1e44f0"),
            try service.sql("SELECT 1", headers: [("Authorization", "Bearer canary-unknown")]),
            try service.sql("SELECT * FROM system.server_settings", headers: Self.admin),
            try service.sql("SELECT nonsense", headers: Self.admin),
        ]
        #expect(refusals.map(\.status) == [403, 403, 401, 422, 400, 422, 404, 401, 400, 400])
        for answer in refusals { expectNone(answer.body.string, "a refusal") }
        for path in ["/metrics", "/v1/insights/overview", "/v1/ledger", "/readyz"] {
            expectNone(try service.get(service.admin + path, headers: Self.admin).body.string, path)
        }
        expectNone(in: service)
        for (role, signal) in [("collect", SIGABRT), ("store", SIGSEGV)] {
            let pid = try #require(service.child(role))
            kill(pid, signal)
            try eventually("\(role) is back") { service.child(role).map { $0 != pid } ?? false }
            try service.waitUntilReady()
        }
        #expect(try service.post("/clicks/", Self.event, headers: [Self.key, bearer]).status == 201)
        try eventually("both events are in their table") {
            try service.sql("SELECT count() FROM clicks FORMAT TSV", headers: Self.admin).body.string == "2\n"
        }
        expectNone(in: service)
        #expect(service.stop() == 0)
        expectNone(in: service)
    }

    @Test func `Commands that show settings and check connections`() throws {
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let environment = settings(Self.brokersAway.merging(Self.nodesAway) { $1 }.merging(["DATA_DIR": folder]) { $1 })
        for words in [
            ["settings"], ["settings", "--env"], ["doctor"], ["topics"], ["migrate"], ["audit"],
            ["backup", "/dev/null"],
        ] {
            let answer = Service.shell(
                "timeout 60 '\(Service.binary)' \(words.joined(separator: " "))", in: folder,
                environment: environment)
            #expect(!answer.output.isEmpty, "\(words)")
            expectNone(answer.output, words.joined(separator: " "))
        }
        #expect(Service.files(holding: "canary", below: folder) == [])
    }

    @Test func `Brokers that are away, and nodes that are away or refuse`() throws {
        let refusing = ScriptedServer { _ in .answer(403, "Code: 516. DB::Exception: someone: Authentication failed") }
        let (kafka, away) = (Self.brokersAway, Self.nodesAway)
        let refused = ["CLICKHOUSE_NODES": "http://127.0.0.1:\(refusing.port)", "CLICKHOUSE_USER": "someone"]
        let broken = kafka.merging(["KAFKA_SECURITY_PROTOCOL": "sasl_ssl", "KAFKA_SSL_KEY_LOCATION": "/dev/null"]) {
            $1
        }
        for (role, more, words) in [
            ("collect", kafka, "127.0.0.1:1"), ("store", kafka, "127.0.0.1:1"), ("store", away, "127.0.0.1:1"),
            ("store", refused, "Authentication failed"), ("collect", broken, "ssl.key.location"),
        ] {
            let service = try Service(role, settings(more), starts: false)
            try service.launch()
            try eventually("\(role) \(more) tells of \(words)") { service.output.contains(words) }
            expectNone(in: service)
            service.end(SIGABRT)
            expectNone(in: service)
        }
    }

    @Test func `Settings that are refused are told without what they hold`() throws {
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let addresses = [
            "INGEST_LISTEN": "127.0.0.1:\(try Service.freePort())",
            "ADMIN_LISTEN": "127.0.0.1:\(try Service.freePort())",
        ]
        let cases: [(environment: [String: String], dotEnv: String, named: String)] = [
            (["ADMIN_TOKEN": "canary-short"], "", "ADMIN_TOKEN"),
            (["JWT_PUBLIC_KEY": SigningKey.rsa.privatePEM], "", "JWT_PUBLIC_KEY"),
            (["JWT_PUBLIC_KEY": "canary"], "", "JWT_PUBLIC_KEY"),
            ([:], "CLICKHOUSE_PASSWORD='canary", "line 1"),
            ([:], "CLICKHOUSE_PASSWORD=\"canary\" canary", "line 1"),
            ([:], "canary-without-a-name\n", "line 1"),
            (
                ["LOG_LEVEL": "loud", "CLICKHOUSE_PASSWORD": "canary"], "ADMIN_TOKEN=canary-canary-canary\n",
                "LOG_LEVEL"
            ),
            (["CLICKHOUSE_NODES": "http://someone:canary@127.0.0.1:8123"], "", "CLICKHOUSE_NODES"),
        ]
        let secretLine = SigningKey.rsa.privatePEM.split(separator: "\n")[3]
        for (environment, dotEnv, named) in cases {
            let file = fopen(folder + "/.env", "w")
            fputs(dotEnv, file)
            fclose(file)
            // Who sends is the collector's affair alone.
            for role in ["serve", "collect", "store", "doctor"] where named != "JWT_PUBLIC_KEY" || role != "store" {
                let answer = Service.shell(
                    "timeout 60 '\(Service.binary)' \(role)", in: folder,
                    environment: environment.merging(addresses) { $1 }.merging(["DATA_DIR": folder + "/data"]) { $1 })
                #expect(answer.code != 0 && answer.output.contains(named), "\(role) \(named): \(answer.output)")
                expectNone(answer.output, "\(role) \(named): \(answer.output)")
                #expect(!answer.output.contains(secretLine), "\(role): the private key")
            }
        }
    }
}
