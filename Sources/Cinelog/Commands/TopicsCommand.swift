import EventLog
import Platform

/// `cinelog topics`: the log's topics in Kafka.
enum TopicsCommand {
    static let command = Command(
        name: "topics", summary: "Makes and checks the event log's topics in Kafka.",
        help: """
            Makes the topics that are missing in KAFKA_BROKERS, and says where one that exists is otherwise than the settings
            have it; nothing that exists is changed. `cinelog collect` and `cinelog store` do the same when they start. Exit code
            1: a topic is missing, or otherwise.
            """,
        options: [
            CommandOption("check", nil, "Makes nothing."),
            CommandOption("print", nil, "Prints Kafka's own commands that make them, and asks no broker."),
        ], run: run)

    private static func run(_ arguments: Arguments) throws -> Int32 {
        let role = try Role("topics")
        guard let options = role.settings.kafka else {
            throw StartError("KAFKA_BROKERS is not set: the event log is in SQLite, and has no topics in Kafka")
        }
        if arguments.has("print") {
            for command in KafkaTopics.commands(options) { print(command) }
            return ExitCode.success
        }
        do {
            let topics = try KafkaTopics(options, logger: role.logger.named("log"))
            var reports = try topics.check(creating: !arguments.has("check"))
            topics.compareSettings(&reports)
            return tell(reports)
        } catch {
            throw StartError("\(options.brokers): \(error)", exitCode: ExitCode.unavailable)
        }
    }

    private static func tell(_ reports: [KafkaTopicReport]) -> Int32 {
        for report in reports {
            print("\(report.name): \(report.state.words)")
            for difference in report.differences { print("  \(difference)") }
        }
        let isAsWished = reports.allSatisfy { $0.exists && $0.differences.isEmpty }
        return isAsWished ? ExitCode.success : ExitCode.failure
    }
}
