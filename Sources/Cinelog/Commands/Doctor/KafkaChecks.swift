package import EventLog
import Platform

/// Do the brokers answer, are the topics as wished, and can an event be acknowledged?
package enum KafkaChecks {
    private static let brokersMax = 100

    static func run(_ options: KafkaOptions, _ logger: Logger) -> [Check] {
        do throws(KafkaTopicsError) {
            let topics = try KafkaTopics(options, logger: logger)
            let found = try topics.examine()
            var reports = try topics.check(creating: false)
            topics.compareSettings(&reports)
            return brokers(options, found, logger) + reports.map(judge)
                + [acknowledgement(found, options.topics)].compactMap { $0 }
        } catch {
            return [
                .failed(
                    "kafka \(options.brokers)", error.description,
                    do: "see that brokers run, KAFKA_BROKERS names them, and KAFKA_SECURITY_PROTOCOL and the rest fit")
            ]
        }
    }

    /// Those that are named, and those that the cluster tells of: a client has to reach each.
    private static func brokers(_ options: KafkaOptions, _ found: KafkaExamination, _ logger: Logger) -> [Check] {
        let named = options.brokers.split(separator: ",").map { String($0.drop { $0 == " " }) }
        let all = named + found.brokers.filter { !named.contains($0) }
        return all.prefix(brokersMax).map { broker in
            guard KafkaExamination.isAnswered(by: broker, options, logger: logger) else {
                let whose =
                    named.contains(broker) ? "KAFKA_BROKERS" : "what brokers call themselves (advertised.listeners)"
                return .failed("broker \(broker)", "no answer", do: "start it, or mend \(whose) or the network")
            }
            return .ok("broker \(broker)", "answers")
        }
    }

    package static func judge(_ report: KafkaTopicReport) -> Check {
        let subject = "topic \(report.name)"
        if case .missing(let why) = report.state {
            return .warning(subject, why, do: "cinelog topics makes it, and so does the next start")
        }
        guard !report.differences.isEmpty else { return .ok(subject, "as wished") }
        return .warning(
            subject, report.differences.joined(separator: "; "),
            do: "change the topic with Kafka's tools, or the settings")
    }

    /// acks=all waits for `min.insync.replicas`: with fewer nothing is acknowledged.
    package static func acknowledgement(_ found: KafkaExamination, _ wished: KafkaTopicSettings) -> Check? {
        let subject = "min.insync.replicas"
        guard wished.minInsyncReplicas <= wished.replicationFactor else {
            return .failed(
                subject, "\(wished.minInsyncReplicas) of \(wished.replicationFactor) copies",
                do: "set KAFKA_MIN_INSYNC_REPLICAS below KAFKA_REPLICATION_FACTOR")
        }
        guard wished.replicationFactor <= found.brokers.count else {
            return .failed(
                subject, "\(wished.replicationFactor) copies wished of \(found.brokers.count) brokers",
                do: "start more brokers, or set KAFKA_REPLICATION_FACTOR lower")
        }
        let headless = found.partitions.filter { !$0.hasLeader }
        let few = found.partitions.filter { $0.hasLeader && $0.inSync < wished.minInsyncReplicas }
        guard headless.isEmpty, few.isEmpty else {
            let names = (headless + few).prefix(5).map { "\($0.topic)/\($0.number)" }.joined(separator: ", ")
            return .failed(
                subject, "\(headless.count) partitions have no leader, \(few.count) too few replicas in sync: \(names)",
                do: "bring the missing brokers back: events go to the spool until then")
        }
        guard !found.partitions.isEmpty else { return nil }
        return .ok(subject, "every partition has \(wished.minInsyncReplicas) replicas in sync, or more")
    }
}
