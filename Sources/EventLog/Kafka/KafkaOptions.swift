internal import Events

/// How the log is kept in Kafka.
public struct KafkaOptions: Sendable {
    /// `KAFKA_BROKERS`: host:port, separated by commas; some of the cluster's are enough.
    public var brokers: String

    /// Security and other connection settings, by librdkafka's names
    /// (https://github.com/confluentinc/librdkafka/blob/v2.0.2/CONFIGURATION.md).
    public var connection: [(name: String, value: String)] = []

    /// Stands before the topics' names, where a cluster is shared.
    public var topicPrefix = ""

    /// Consumer groups are called `<group>-<topic>`.
    public var group = "cinelog"

    /// As the topics are to be.
    public var topics = KafkaTopicSettings()

    /// lz4, zstd, snappy, gzip or none.
    public var compression = "lz4"

    /// How long a message may wait for others to be sent with.
    public var lingerMilliseconds = 1

    /// How long brokers may take to acknowledge an event before it is spooled.
    public var acknowledgeMilliseconds = 3000

    /// Events in memory that brokers have not acknowledged yet, bytes. Past it appends fail with `.overloaded`.
    public var queueBytesMax = 32 << 20

    /// The longest line that may come. Topics are made to take it.
    public var lineBytesMax = 1 << 20

    /// How long a reader may be silent before its partitions go to the others of its group.
    package var sessionMilliseconds = 10_000

    /// Bytes that are fetched ahead, a partition.
    package var prefetchBytes = 4 << 20

    public init(brokers: String) { self.brokers = brokers }

    func name(_ topic: Topic) -> String { topicPrefix + topic.name }

    /// A line with its key and what a batch adds around it.
    var messageBytesMax: Int { max(1_048_588, lineBytesMax + 4096) }
}

/// What a topic is made with, and what existing ones are compared to.
public struct KafkaTopicSettings: Sendable, Equatable {
    /// `KAFKA_NUM_PARTITIONS`
    public var partitions = 3
    /// `KAFKA_REPLICATION_FACTOR`
    public var replicationFactor = 3
    /// `KAFKA_RETENTION_MS`
    public var retentionMilliseconds = 86_400_000
    /// `KAFKA_MIN_INSYNC_REPLICAS`: replicas that must have an event before it is acknowledged.
    public var minInsyncReplicas = 2

    public init() {}
}
