import TestSupport
import Testing

/// The program's own face: help, version, settings, exit codes.
@Suite(.turn(.processes)) struct CommandTests {
    private func run(_ words: String, environment: [String: String] = [:]) -> (code: Int32, output: String) {
        Service.shell("'\(Service.binary)' \(words)", in: "/tmp", environment: environment)
    }

    @Test func `Help and version are there for people`() {
        let help = run("--help")
        #expect(help.code == 0)
        for command in [
            "serve", "collect", "store", "send", "demo", "audit", "replay", "scrub", "migrate", "settings", "doctor",
            "copy",
        ] {
            #expect(help.output.contains("\n  \(command) "))
            let page = run("\(command) --help")
            #expect(page.code == 0 && page.output.contains("Usage: cinelog \(command)"))
        }
        #expect(run("--version").output.hasPrefix("cinelog "))
    }

    @Test func `Mistakes are answered with the way out`() {
        #expect(run("").code == 64)
        let unknown = run("colect")
        #expect(unknown.code == 64 && unknown.output.contains("colect"))
        let option = run("serve --nonsense")
        #expect(option.code == 64 && option.output.contains("--nonsense"))
    }

    @Test func `Settings show what is in force, and no secret`() {
        let listing = run("settings", environment: ["LOG_LEVEL": "warning", "WRITE_KEYS": "canary"])
        #expect(listing.code == 0 && listing.output.contains("LOG_LEVEL=warning") && !listing.output.contains("canary"))
    }

    @Test func `The documents of the settings are current`() {
        let check = Service.shell("'\(Service.binary)' settings --check")
        #expect(check.code == 0, "\(check.output)")
    }

    @Test func `cinelog send delivers lines and tells of bad ones`() throws {
        let service = try Service("serve")
        let lines = (0..<1200).map { #"{"type":"click","obj_id":"sent-\#($0)"}"# } + [#"{"type":"click"}"#]
        let file = service.folder + "/events.ndjson"
        let written = Service.shell(
            "cat > '\(file)' <<'END'\n\(lines.joined(separator: "\n"))\nEND\n'\(Service.binary)' send --url \(service.ingest) --gzip < '\(file)'"
        )
        #expect(written.code == 1 && written.output.contains("obj_id"), "\(written.output)")
        #expect(try service.count("clicks", reaching: 1200) == 1200)
    }

    @Test func `cinelog demo feeds an evening`() throws {
        let service = try Service("serve")
        let demo = Service.shell(
            "'\(Service.binary)' demo --url \(service.ingest) --rate 2000 --seconds 3 --seed 7")
        #expect(demo.code == 0, "\(demo.output)")
        for table in ["clicks", "pages", "views", "custom_events"] {
            #expect(try service.count(table, reaching: 20) >= 20, "\(table)")
        }
    }
}
