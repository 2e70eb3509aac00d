import Events
import HTTPClient
import TestSupport
import Testing

/// The tracker in headless Chromium, by the scripts in `browser/` (Python's standard library and the DevTools protocol),
/// against a collector that answers as the script wants. One at a time: some of it is about time.
@Suite(.serialized, .turn(.processes)) struct TrackerInBrowserTests {
    @Test(arguments: ["delivery_test.py", "privacy_test.py", "pages_test.py", "setup_test.py"])
    func `The tracker copes with what may go wrong in a browser and on the way`(script: String) {
        let run = Browser.run(script)
        #expect(run.code == 0, "\(run.output.suffix(6000))")
    }
}

/// The example cinema in headless Chromium, against the real service.
@Suite(.serialized, .turn(.processes)) struct CinemaInBrowserTests {
    private let environment: [String: String]
    private let service: Service

    init() throws {
        let films = Service.root + "/.cache/films"
        let made = Service.shell("\(Browser.python) examples/make_films.py '\(films)'")
        try #require(made.code == 0, "\(made.output)")
        service = try Service("serve")
        environment = ["COLLECTOR": service.ingest, "ADMIN": service.admin, "FILMS": films]
    }

    @Test(arguments: ["watching_test.py", "visit_test.py"])
    func `What the tables hold is what was done, film seconds second by second`(script: String) {
        let run = Browser.run(script, environment)
        #expect(run.code == 0, "\(run.output.suffix(6000))")
    }
}

/// The dashboard in headless Chromium, with an evening of the demo in the tables and some requests that were refused.
@Suite(.serialized, .turn(.processes)) struct DashboardInBrowserTests {
    private let environment: [String: String]
    private let service: Service
    private let secured: Service

    init() throws {
        service = try Service(
            "serve", ["QUARANTINE_REJECTED": "true", "SCHEMAS_DIR": Service.root + "/schemas"])
        secured = try Service("serve", ["ADMIN_TOKEN": "a-token-for-tests"])
        environment = [
            "ADMIN": service.admin, "INGEST": service.ingest,
            "SECURED": secured.admin, "SECURED_TOKEN": "a-token-for-tests",
        ]
        let demo = service.command("demo", "--url", service.ingest, "--rate", "1500", "--seconds", "15", "--quiet")
        try #require(demo.code == 0, "\(demo.output)")
        for body in ["{\"obj_id\": 5}", "{\"duration\": -1}"] { _ = try service.post("/clicks/", body) }
        try waitUntilLoaded()
    }

    private func waitUntilLoaded() throws {
        let loaded = try holds(within: 60_000) {
            let backlog = try service.get(service.admin + "/metrics").body.string.split(separator: "\n")
                .filter { $0.hasPrefix("cinelog_backlog_events") }
            return !backlog.isEmpty && backlog.allSatisfy { $0.hasSuffix(" 0") }
        }
        try #require(loaded)
    }

    @Test(arguments: ["dashboard_numbers_test.py", "dashboard_use_test.py"])
    func `The dashboard shows what SQL says, to everybody`(script: String) {
        let run = Browser.run(script, environment)
        #expect(run.code == 0, "\(run.output.suffix(6000))")
    }
}

private enum Browser {
    /// Debian's own: it is what the scripts are written for.
    static let python = "/usr/bin/python3"

    static func run(_ script: String, _ environment: [String: String] = [:]) -> (code: Int32, output: String) {
        Service.shell(
            "\(python) Tests/EndToEnd/browser/\(script)",
            environment: environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 })
    }
}
