import Events
import Glibc
import HTTPClient
import HTTPServer
import Platform

/// `cinelog serve`: everything on one machine.
enum ServeCommand {
    static let command = Command(
        name: "serve", summary: "Runs everything on this machine: collect and store, watched over.",
        help: """
            Starts `cinelog collect` and `cinelog store` as two processes, so that neither can take the other down,
            restarts what dies, and stops both on SIGTERM or Ctrl-C.
            """,
        options: [], run: { _ in try run() })

    private static func run() throws -> Int32 {
        let role = try Role("serve", extraSignals: [SIGCHLD])
        _ = try role.dataDirectory()
        let settings = role.settings
        var supervisor = try Supervisor(
            ["collect", "store"], drainMilliseconds: settings[Declared.drainMilliseconds], signals: role.signals,
            logger: role.logger)
        _ = Thread("greeting") { greet(settings) }
        return try supervisor.run()
    }

    /// Prints the addresses once both roles answer.
    private static func greet(_ settings: Settings) {
        guard let ingest = settings[Declared.ingestListen].fixedURL, let admin = settings[Declared.adminListen].fixedURL
        else { return }
        let client = HTTPClient(timeoutMilliseconds: 1000)
        for address in [ingest, admin] {
            while (try? client.request("GET", address + "/healthz", headers: [], body: nil, gzip: false))?.status != 200
            {
                usleep(50_000)
            }
        }
        print(
            """

            Cinelog is up.
              events      \(ingest)          POST /clicks/ /pages/ /films/ /custom_events/ /v1/events
              API docs    \(ingest)/apidocs
              dashboard   \(admin)
              SQL         curl \(admin)/v1/sql -d 'SELECT count() FROM clicks'
            Stop with Ctrl-C. More to look at: ./dev demo

            """)
        fflush(nil)
    }
}
