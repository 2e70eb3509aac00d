internal import CRDKafka
internal import Events
public import Platform

/// How the brokers and the log's topics stand at this moment. Nothing is changed by looking.
public struct KafkaExamination: Sendable {
    /// host:port of every broker of the cluster, as the cluster itself tells clients.
    public let brokers: [String]
    /// Of the log's topics that are there, every partition.
    public let partitions: [Partition]

    public struct Partition: Sendable, Equatable {
        /// As brokers call it.
        public let topic: String
        public let number: Int
        public let hasLeader: Bool
        /// Replicas that have everything.
        public let inSync: Int

        public init(topic: String, number: Int, hasLeader: Bool, inSync: Int) {
            (self.topic, self.number, self.hasLeader, self.inSync) = (topic, number, hasLeader, inSync)
        }
    }

    private static let timeoutMilliseconds: Int32 = 5_000

    public init(brokers: [String], partitions: [Partition]) { (self.brokers, self.partitions) = (brokers, partitions) }

    /// Whether this broker alone answers, with the connection's security. Blocks for some seconds where it does not.
    public static func isAnswered(by broker: String, _ options: KafkaOptions, logger: Logger) -> Bool {
        var alone = options
        alone.brokers = broker
        guard let client = try? KafkaClient(RD_KAFKA_PRODUCER, alone, KafkaContext(logger)) else { return false }
        return client.isAnswered(timeoutMilliseconds: timeoutMilliseconds)
    }
}

extension KafkaTopics {
    /// Asks whichever broker answers.
    public func examine() throws(KafkaTopicsError) -> KafkaExamination {
        var answer: UnsafePointer<rd_kafka_metadata>?
        // All topics: a question for one would make brokers create it, as they like it.
        let code = rd_kafka_metadata(client.handle, 1, nil, &answer, KafkaTopics.timeoutMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
            throw KafkaTopicsError(description: KafkaFailure(code).message)
        }
        defer { rd_kafka_metadata_destroy(answer) }
        let brokers = UnsafeBufferPointer(start: answer.pointee.brokers, count: Int(answer.pointee.broker_cnt))
        let ours = Set(Topic.allCases.map(options.name))
        var partitions: [KafkaExamination.Partition] = []
        for topic in UnsafeBufferPointer(start: answer.pointee.topics, count: Int(answer.pointee.topic_cnt)) {
            let name = String(cString: topic.topic)
            guard ours.contains(name) else { continue }
            for partition in UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt)) {
                partitions.append(
                    KafkaExamination.Partition(
                        topic: name, number: Int(partition.id), hasLeader: partition.leader >= 0,
                        inSync: Int(partition.isr_cnt)))
            }
        }
        return KafkaExamination(
            brokers: brokers.map { "\(String(cString: $0.host)):\($0.port)" }.sorted(), partitions: partitions)
    }
}
