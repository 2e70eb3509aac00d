import Glibc
import Platform
import Warehouse

/// `cinelog doctor`: looks at everything that the settings name, and says what to do.
enum DoctorCommand {
    static let command = Command(
        name: "doctor", summary: "Checks every setting and connection, and says what to do.",
        help: """
            Checks the settings, the addresses, DATA_DIR and its disk, and what they name: the embedded ClickHouse or every node of
            CLICKHOUSE_NODES, and the brokers of KAFKA_BROKERS. One line a check: ok, warning or failed, with what to do. It
            changes nothing, takes no lock of a running service, and runs beside one: as the same user, with the same settings.
            Exit code 1: something failed.
            """,
        options: [CommandOption("json", nil, "Prints each check as a line of JSON.")], run: run)

    private static func run(_ arguments: Arguments) throws -> Int32 {
        umask(0o077)
        var tally = CheckTally(json: arguments.has("json"))
        let (checks, settings) = SettingsChecks.run()
        tally.tell(checks)
        guard let settings else { return tally.finish() }
        // What libraries say of themselves stands between the lines: only what explains a failure.
        let logger = Logger(source: "doctor", level: .error, format: settings[Declared.logFormat])
        tally.tell(AddressChecks.run(settings))
        tally.tell(DiskChecks.run(settings))
        tally.tell(LogChecks.run(settings))
        if let kafka = settings.kafka { tally.tell(KafkaChecks.run(kafka, logger)) }
        if let cluster = settings.cluster {
            tally.tell(ClusterChecks.run(cluster))
        } else {
            tally.tell([engine(settings)])
        }
        return tally.finish()
    }

    private static func engine(_ settings: Settings) -> Check {
        do throws(WarehouseError) {
            return .ok("embedded ClickHouse", try LibrarySearch.find(explicit: settings[Declared.libraryPath]))
        } catch .unavailable(let why) {
            return .failed("embedded ClickHouse", why, do: "or set CLICKHOUSE_NODES, where there is a cluster")
        } catch {
            return .failed("embedded ClickHouse", "\(error)", do: "run ./dev setup")
        }
    }
}
