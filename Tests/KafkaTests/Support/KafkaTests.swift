import TestSupport
import Testing

/// One after another: each has a cluster of its own, and brokers that get no time look like brokers away.
@Suite("Kafka", .serialized, .turn(.brokers))
enum KafkaTests {}
