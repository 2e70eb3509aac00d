package import EventLog

/// What waits in DATA_DIR: in the log for loading, in the spool for Kafka.
package enum LogChecks {
    static func run(_ settings: Settings) -> [Check] {
        let path = settings[Declared.dataDirectory]
        let log = look(LogInspection(directory: path), "log", "for loading", do: "see why cinelog store does not load")
        guard settings.kafka != nil else { return [log].compactMap { $0 } }
        let spool = look(
            LogInspection(directory: path + "/spool"), "spool", "for Kafka",
            do: "it is sent when brokers answer and cinelog collect runs: see the checks of Kafka")
        return [left(log), spool].compactMap { $0 }
    }

    private static func look(_ log: LogInspection, _ subject: String, _ purpose: String, do advice: String) -> Check? {
        guard log.exists else { return nil }
        do throws(ReadError) {
            return judge(try log.backlog().map(\.backlog), subject, purpose, do: advice)
        } catch .damaged(let why) {
            return .failed(
                subject, why, do: "start cinelog collect: it salvages what is whole (docs/operations.md, damage)")
        } catch {
            return .warning(subject, "\(error)", do: "look again when cinelog runs")
        }
    }

    /// Above this age, something stands in the way.
    private static let ageMaxMilliseconds: Int64 = 60_000

    package static func judge(_ backlogs: [Backlog], _ subject: String, _ purpose: String, do advice: String) -> Check {
        let events = backlogs.map(\.events).reduce(0, +)
        let age = backlogs.map(\.oldestAgeMilliseconds).max() ?? 0
        guard events > 0 else { return .ok(subject, "nothing waits \(purpose)") }
        let found = "\(events) events wait \(purpose), the oldest for \(age / 1000) s"
        return age > ageMaxMilliseconds ? .warning(subject, found, do: advice) : .ok(subject, found)
    }

    /// With Kafka nobody reads the log of before.
    private static func left(_ log: Check?) -> Check? {
        guard let log, !log.found.hasPrefix("nothing") else { return nil }
        return .failed(
            "log", "the log of before Kafka is not loaded: \(log.found)",
            do: "load it without KAFKA_BROKERS first (docs/operations.md, from one machine to the cluster)")
    }
}
