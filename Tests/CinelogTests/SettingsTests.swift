import Cinelog
import Glibc
import HTTPServer
import Platform
import Testing

@Suite struct SettingsTests {
    private func settings(_ environment: [String: String] = [:], dotEnv: [String: String] = [:]) throws -> Settings {
        try Settings(environment: environment, dotEnv: dotEnv)
    }

    /// The words of the refusal; nil where there is none.
    private func refusal(_ environment: [String: String], dotEnv: [String: String] = [:]) -> String? {
        do {
            _ = try Settings(environment: environment, dotEnv: dotEnv)
            return nil
        } catch {
            return error.message
        }
    }

    // MARK: The declarations

    @Test func `Every default is a good value, alone and together`() throws {
        for setting in Declared.all {
            #expect(throws: Never.self, "\(setting.name)") { try setting.check(setting.defaultText) }
        }
        let defaults = try settings()
        #expect(defaults[Declared.ingestListen] == .tcp(host: "127.0.0.1", port: 8080))
        #expect(defaults[Declared.logBytesMax] == 10 << 30)
        #expect(defaults[Declared.logLevel] == .info)
        #expect(defaults[Declared.adminToken] == nil)
        #expect(defaults[Declared.writeKeys] == [])
        #expect(defaults.takesAnonymousEvents)
        #expect(defaults.unknownNames.isEmpty)
    }

    @Test func `Every name stands once, and every setting is documented in both documents`() {
        let names = Declared.all.map(\.name)
        #expect(Set(names).count == names.count)
        let (table, example) = (SettingsDocuments.markdown(), SettingsDocuments.dotEnv())
        for setting in Declared.all {
            #expect(setting.name.allSatisfy { $0.isUppercase || $0 == "_" || $0.isNumber }, "\(setting.name)")
            #expect(setting.help.count > 10 && setting.help.hasSuffix("."), "\(setting.name)")
            #expect(!setting.allowed.isEmpty)
            #expect(table.contains("| `\(setting.name)` |"))
            #expect(example.contains("\n#\(setting.name)=\(setting.defaultText)\n"))
        }
        #expect(SettingsDocuments.table(in: "before\n" + table + "\nafter") == table)
        #expect(SettingsDocuments.table(in: "nothing") == nil)
    }

    // MARK: Wrong values

    static let wrong: [(name: String, value: String)] = [
        ("LOG_LEVEL", "loud"), ("LOG_LEVEL", ""), ("LOG_FORMAT", "xml"), ("DATA_DIR", ""),
        ("HTTP_THREADS", "-1"), ("HTTP_THREADS", "65"), ("HTTP_THREADS", "two"), ("HTTP_THREADS", "1.5"),
        ("HTTP_THREADS", ""), ("HTTP_THREADS", " 1"), ("HTTP_THREADS", "99999999999999999999"),
        ("BODY_MAX_BYTES", "1023"), ("BODY_MAX_BYTES", "65M"), ("BODY_MAX_BYTES", "K"), ("BODY_MAX_BYTES", ""),
        ("BODY_MAX_BYTES", "1KB"), ("BODY_MAX_BYTES", "-1M"), ("BODY_MAX_BYTES", "1.5M"), ("BODY_MAX_BYTES", "5ß"),
        ("BODY_MAX_BYTES", "9223372036854775807G"), ("LOG_MAX_BYTES", "many"),
        ("INGEST_LISTEN", "8080"), ("INGEST_LISTEN", ":8080"), ("INGEST_LISTEN", "localhost"),
        ("INGEST_LISTEN", "localhost:"), ("INGEST_LISTEN", "localhost:65536"), ("INGEST_LISTEN", "localhost:-1"),
        ("INGEST_LISTEN", "::1:8080"), ("INGEST_LISTEN", "[::1]"), ("INGEST_LISTEN", "[::1:8080"),
        ("INGEST_LISTEN", "[]:8080"), ("INGEST_LISTEN", "[127.0.0.1]:8080"), ("INGEST_LISTEN", "http://localhost:8080"),
        ("INGEST_LISTEN", "local host:8080"), ("INGEST_LISTEN", ""),
        ("CORS_ORIGINS", "cinema.example"), ("CORS_ORIGINS", "https://cinema.example/"),
        ("CORS_ORIGINS", "https://cinema.example/path"), ("CORS_ORIGINS", "https://"), ("CORS_ORIGINS", "ftp://a"),
        ("CORS_ORIGINS", "https://*.cinema.example"), ("CORS_ORIGINS", "https://a, b"),
        ("TRUSTED_PROXIES", "nginx"), ("TRUSTED_PROXIES", "10.0.0.0/33"), ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "10.0.0.0/08"), ("TRUSTED_PROXIES", "2001:db8::/129"), ("TRUSTED_PROXIES", "10.0.0.0/8, x"),
        ("TRUSTED_PROXIES", "10.0.0.0/"), ("TRUSTED_PROXIES", "10.0.0.0/8/8"), ("TRUSTED_PROXIES", "[::1]"),
        ("RATE_LIMIT_PER_ADDRESS", "-1"), ("RATE_LIMIT_PER_KEY", "1000001"), ("RATE_LIMIT_BURST_S", "0"),
        ("ANONYMOUS_EVENTS", "maybe"), ("ANONYMOUS_EVENTS", "2"), ("RETENTION_DAYS", "36501"),
    ]

    @Test(arguments: wrong)
    func `A wrong value is refused with name, value and what is allowed, from either place`(name: String, value: String)
        throws
    {
        let setting = try #require(Declared.all.first { $0.name == name })
        for words in [refusal([name: value]), refusal([:], dotEnv: [name: value])] {
            let words = try #require(words, "\(name)=\(value) was taken")
            #expect(words.contains("\(name)=\(value) ") && words.contains(setting.allowed), "\(words)")
        }
    }

    @Test func `Settings that contradict each other are refused`() {
        #expect(refusal(["ANONYMOUS_EVENTS": "false"])?.contains("JWT_PUBLIC_KEY") == true)
        #expect(refusal(["ANONYMOUS_EVENTS": "false", "JWT_PUBLIC_KEY": "x"]) == nil)
        for address in [
            "0.0.0.0:81", "[::]:81", "10.0.0.1:81", "cinema.example:81", "127.0.0.1.example.com:81", "127.1.evil:81",
        ] {
            let words = refusal(["ADMIN_LISTEN": address])
            #expect(
                words?.contains("ADMIN_LISTEN=\(address)") == true && words?.contains("ADMIN_TOKEN") == true,
                "\(address)")
            #expect(refusal(["ADMIN_LISTEN": address, "ADMIN_TOKEN": "sixteen letters!"]) == nil)
        }
        for address in [
            "127.0.0.1:81", "127.8.9.1:81", "localhost:81", "LOCALHOST:81", "[::1]:81", "[0:0:0:0:0:0:0:1]:81",
        ] {
            #expect(refusal(["ADMIN_LISTEN": address]) == nil, "\(address)")
        }
    }

    @Test func `The nodes of a cluster are addresses without path, user or repetition`() throws {
        for nodes in ["canary:8123", "ftp://canary", "http://canary/x", "http://a:b@canary", "http://a,http://a"] {
            #expect(
                refusal([:], dotEnv: ["CLICKHOUSE_NODES": nodes])?.hasPrefix("CLICKHOUSE_NODES=") == true, "\(nodes)")
        }
        #expect(refusal(["CLICKHOUSE_NODES": ""]) == nil)
        #expect(
            try settings(["CLICKHOUSE_NODES": "http://one:8123, https://two"])[Declared.clickhouseNodes]
                == ["http://one:8123", "https://two"])
    }

    // MARK: Secrets

    @Test func `No secret is in any message or listing`() throws {
        let secrets = Declared.all.filter(\.isSecret)
        #expect(
            Set(secrets.map(\.name)) == [
                "WRITE_KEYS", "ADMIN_TOKEN", "KAFKA_SASL_PASSWORD", "KAFKA_SSL_KEY_PASSWORD", "CLICKHOUSE_PASSWORD",
            ])
        let words = try #require(refusal(["ADMIN_TOKEN": "canary"]))
        #expect(words.contains("ADMIN_TOKEN") && words.contains("16") && !words.contains("canary"))
        let inForce = try settings([
            "ADMIN_TOKEN": "canary canary canary", "WRITE_KEYS": "canary", "KAFKA_SASL_PASSWORD": "canary",
            "KAFKA_SSL_KEY_PASSWORD": "canary", "CLICKHOUSE_PASSWORD": "canary",
        ])
        for setting in secrets { #expect(inForce.shown(setting) == "(secret)") }
        #expect(try settings().shown(Declared.adminToken) == "")
        let picky = Setting("PICKY", "1", .admin, .number(0...9), secret: true, "A secret number.")
        #expect(
            performing: { try picky.check("canary") },
            throws: { error in
                let message = (error as? SettingError)?.message ?? ""
                return message.contains("PICKY=(secret)") && !message.contains("canary")
            })
    }

    // MARK: Good values

    static let bytes: [(text: String, value: Int)] = [
        ("1024", 1024), ("1K", 1024), ("1k", 1024), ("64M", 64 << 20), ("64m", 64 << 20), ("65536K", 64 << 20),
    ]

    @Test(arguments: bytes)
    func `Bytes may have a suffix of either case`(text: String, value: Int) throws {
        #expect(try settings(["BODY_MAX_BYTES": text])[Declared.bodyBytesMax] == value)
    }

    @Test func `Gigabytes too`() throws {
        #expect(try settings(["LOG_MAX_BYTES": "3g"])[Declared.logBytesMax] == 3 << 30)
    }

    static let addresses: [(text: String, host: String, port: Int)] = [
        ("127.0.0.1:8080", "127.0.0.1", 8080), ("localhost:0", "localhost", 0), ("0.0.0.0:65535", "0.0.0.0", 65_535),
        ("[::]:80", "::", 80), ("[::1]:8080", "::1", 8080), ("[2001:db8::7]:443", "2001:db8::7", 443),
        ("events.cinema.example:80", "events.cinema.example", 80),
    ]

    @Test(arguments: addresses)
    func `Addresses are host and port, an IPv6 one in brackets`(text: String, host: String, port: Int) throws {
        #expect(try settings(["INGEST_LISTEN": text])[Declared.ingestListen] == .tcp(host: host, port: port))
    }

    @Test func `Lists, origins, flags and choices are read`() throws {
        #expect(try settings(["WRITE_KEYS": " a, b ,,c,"])[Declared.writeKeys] == ["a", "b", "c"])
        let origins = "https://cinema.example, http://localhost:3000"
        #expect(
            try settings(["CORS_ORIGINS": origins])[Declared.corsOrigins] == [
                "https://cinema.example", "http://localhost:3000",
            ])
        #expect(try settings(["CORS_ORIGINS": "*"])[Declared.corsOrigins] == ["*"])
        #expect(try settings(["CORS_ORIGINS": ""])[Declared.corsOrigins] == [])
        for (text, value) in [("true", true), ("YES", true), ("1", true), ("", true)] {
            #expect(try settings(["ANONYMOUS_EVENTS": text]).takesAnonymousEvents == value)
        }
        #expect(try settings(["LOG_LEVEL": "WARNING", "LOG_FORMAT": "json"])[Declared.logLevel] == .warning)
    }

    @Test func `Whether anonymous events are taken follows the key, until it is said`() throws {
        #expect(try settings(["JWT_PUBLIC_KEY": "x"]).takesAnonymousEvents == false)
        #expect(try settings(["JWT_PUBLIC_KEY": "x", "ANONYMOUS_EVENTS": "true"]).takesAnonymousEvents)
        #expect(try settings(["JWT_PUBLIC_KEY": ""]).takesAnonymousEvents)
    }

    @Test func `The environment wins over the file, the file over the default; misspelt names are told`() throws {
        let inForce = try settings(
            ["LOAD_MAX_EVENTS": "7", "HOME": "/root"],
            dotEnv: ["LOAD_MAX_EVENTS": "8", "SQL_TIMEOUT_S": "9", "SQL_TIMOUT_S": "10", "CLICKHOUSE_NODES": ""])
        #expect(inForce[Declared.loadEventsMax] == 7)
        #expect(inForce[Declared.sqlSeconds] == 9)
        #expect(inForce[Declared.sqlRowsMax] == 1_000_000)
        #expect(inForce.unknownNames == ["SQL_TIMOUT_S"])
        #expect(inForce.shown(Declared.sqlSeconds) == "9")
    }
}
