internal import CRDKafka
internal import Events
public import Platform

/// The topics' upkeep: made as wished where they are missing, compared with what is wished where they are there. What exists is
/// never changed: fewer partitions or copies than wished is for an operator to judge. All calls block.
public final class KafkaTopics: Sendable {
    static let timeoutMilliseconds: Int32 = 10_000
    let options: KafkaOptions
    let client: KafkaClient

    /// Throws where a setting is wrong; brokers are not asked yet.
    public init(_ options: KafkaOptions, logger: Logger) throws(KafkaTopicsError) {
        self.options = options
        do throws(KafkaFailure) {
            client = try KafkaClient(RD_KAFKA_PRODUCER, options, KafkaContext(logger))
        } catch {
            throw KafkaTopicsError(description: error.message)
        }
    }

    /// Looks at every topic, makes those that are missing where `creating`, and compares partitions and copies.
    public func check(creating: Bool) throws(KafkaTopicsError) -> [KafkaTopicReport] {
        do throws(KafkaFailure) {
            var layouts = try layouts()
            var reports = Topic.allCases.map { topic in
                let name = options.name(topic)
                return KafkaTopicReport(topic, name, layouts[name] == nil ? .missing("it does not exist") : .present)
            }
            if creating, try create(&reports) { layouts.merge(try self.layouts()) { $1 } }
            for index in reports.indices where reports[index].exists {
                reports[index].differences = layouts[reports[index].name]?.differences(options.topics) ?? []
            }
            return reports
        } catch {
            throw KafkaTopicsError(description: error.message)
        }
    }

    /// Compares the settings of the topics that were there before. Brokers that do not tell them, or do not tell us, are no
    /// reason not to use the topics: that is said among the differences.
    public func compareSettings(_ reports: inout [KafkaTopicReport]) {
        let present = reports.indices.filter { reports[$0].state == .present }
        guard !present.isEmpty else { return }
        do throws(KafkaFailure) {
            let request = try AdminRequest(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, KafkaTopics.timeoutMilliseconds)
            let found = try request.configurations(present.map { reports[$0].name })
            for index in present { reports[index].differences += differences(found[reports[index].name] ?? [:]) }
        } catch {
            for index in present { reports[index].differences.append("its settings cannot be read: \(error.message)") }
        }
    }

    // MARK: What is there

    /// Partitions and copies of a topic.
    private struct Layout {
        let partitions: Int
        let replicationFactor: Int

        func differences(_ wished: KafkaTopicSettings) -> [String] {
            var differences: [String] = []
            if partitions != wished.partitions {
                differences.append("\(partitions) partitions (KAFKA_NUM_PARTITIONS=\(wished.partitions))")
            }
            if replicationFactor != wished.replicationFactor {
                differences.append(
                    "replication factor \(replicationFactor) (KAFKA_REPLICATION_FACTOR=\(wished.replicationFactor))")
            }
            return differences
        }
    }

    /// By name. Asked for all topics of the cluster: a question for one would make brokers create it, as they like it.
    private func layouts() throws(KafkaFailure) -> [String: Layout] {
        var answer: UnsafePointer<rd_kafka_metadata>?
        try KafkaFailure.check(rd_kafka_metadata(client.handle, 1, nil, &answer, KafkaTopics.timeoutMilliseconds))
        guard let answer else { return [:] }
        defer { rd_kafka_metadata_destroy(answer) }
        var layouts: [String: Layout] = [:]
        for topic in UnsafeBufferPointer(start: answer.pointee.topics, count: Int(answer.pointee.topic_cnt)) {
            guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR, topic.partition_cnt > 0 else { continue }
            let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
            layouts[String(cString: topic.topic)] = Layout(
                partitions: partitions.count, replicationFactor: partitions.map { Int($0.replica_cnt) }.min() ?? 0)
        }
        return layouts
    }

    // MARK: Making

    /// Whether there was anything to make.
    private func create(_ reports: inout [KafkaTopicReport]) throws(KafkaFailure) -> Bool {
        let missing = reports.indices.filter { !reports[$0].exists }
        guard !missing.isEmpty else { return false }
        let request = try AdminRequest(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, KafkaTopics.timeoutMilliseconds)
        do throws(KafkaFailure) {
            let results = try request.createTopics(missing.map { reports[$0].name }, options)
            for index in missing {
                guard let failure = results[reports[index].name] else { continue }
                reports[index].state = KafkaTopics.state(failure)
            }
        } catch {
            guard error.nature != .away else { throw error }
            for index in missing { reports[index].state = .missing(error.message) }
        }
        return true
    }

    /// Somebody else having been faster is as good.
    private static func state(_ failure: KafkaFailure) -> KafkaTopicReport.State {
        switch rd_kafka_resp_err_t(failure.code) {
        case RD_KAFKA_RESP_ERR_NO_ERROR: .created
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: .present
        default: .missing(failure.message)
        }
    }

    // MARK: Comparing

    private func differences(_ found: [String: String]) -> [String] {
        var differences: [String] = []
        for (name, wished, setting) in KafkaTopics.configuration(options) {
            guard let value = found[name], let setting, value != wished else { continue }
            differences.append("\(name)=\(value) (\(setting)=\(wished))")
        }
        if let text = found["max.message.bytes"], let bytes = Int(text), bytes < options.lineBytesMax {
            differences.append("max.message.bytes=\(bytes) (EVENT_MAX_BYTES=\(options.lineBytesMax))")
        }
        return differences
    }

    /// What a topic is made with: Kafka's name, the value, and the setting it comes from.
    static func configuration(_ options: KafkaOptions) -> [(name: String, value: String, setting: String?)] {
        [
            ("retention.ms", "\(options.topics.retentionMilliseconds)", "KAFKA_RETENTION_MS"),
            ("min.insync.replicas", "\(options.topics.minInsyncReplicas)", "KAFKA_MIN_INSYNC_REPLICAS"),
            ("max.message.bytes", "\(options.messageBytesMax)", nil),
        ]
    }

    /// Kafka's own commands that make the topics.
    public static func commands(_ options: KafkaOptions) -> [String] {
        Topic.allCases.map { topic in
            let settings = configuration(options).map { "--config \($0.name)=\($0.value)" }.joined(separator: " ")
            return "kafka-topics.sh --bootstrap-server \(options.brokers) --create --if-not-exists "
                + "--topic \(options.name(topic)) --partitions \(options.topics.partitions) "
                + "--replication-factor \(options.topics.replicationFactor) \(settings)"
        }
    }
}
