package import EventLog

package enum KafkaCompression: String, CaseIterable, Sendable { case lz4, zstd, snappy, gzip, none }

package enum KafkaSecurityProtocol: String, CaseIterable, Sendable {
    case plaintext, ssl
    case saslPlaintext = "sasl_plaintext"
    case saslSSL = "sasl_ssl"
}

extension Settings {
    /// How the log is kept in Kafka; nil where SQLite keeps it.
    package var kafka: KafkaOptions? {
        guard let brokers = self[Declared.kafkaBrokers] else { return nil }
        var options = KafkaOptions(brokers: brokers)
        options.topics.partitions = self[Declared.kafkaPartitions]
        options.topics.replicationFactor = self[Declared.kafkaReplicationFactor]
        options.topics.retentionMilliseconds = self[Declared.kafkaRetentionMilliseconds]
        options.topics.minInsyncReplicas = self[Declared.kafkaMinInsyncReplicas]
        options.topicPrefix = self[Declared.kafkaTopicPrefix] ?? ""
        options.group = self[Declared.kafkaGroup]
        options.compression = self[Declared.kafkaCompression].rawValue
        options.lingerMilliseconds = self[Declared.kafkaLingerMilliseconds]
        options.acknowledgeMilliseconds = self[Declared.kafkaAcknowledgeMilliseconds]
        options.queueBytesMax = self[Declared.logQueueBytesMax]
        options.lineBytesMax = self[Declared.eventBytesMax]
        options.connection = kafkaConnection
        return options
    }

    /// Security, by librdkafka's names.
    private var kafkaConnection: [(name: String, value: String)] {
        let texts: [(String, String?)] = [
            ("security.protocol", self[Declared.kafkaSecurityProtocol].rawValue),
            ("sasl.mechanism", self[Declared.kafkaSaslMechanism]),
            ("sasl.username", self[Declared.kafkaSaslUsername]),
            ("sasl.password", self[Declared.kafkaSaslPassword]),
            ("ssl.ca.location", self[Declared.kafkaCaLocation]),
            ("ssl.certificate.location", self[Declared.kafkaCertificateLocation]),
            ("ssl.key.location", self[Declared.kafkaKeyLocation]),
            ("ssl.key.password", self[Declared.kafkaKeyPassword]),
        ]
        return texts.compactMap { name, value in value.map { (name: name, value: $0) } }
    }
}
