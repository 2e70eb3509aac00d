import TestSupport
import Testing

/// One of the four that settings alone choose: which log, and which warehouse.
enum Combination: String, CaseIterable, CustomTestStringConvertible {
    case sqliteEmbedded = "SQLite, embedded"
    case sqliteCluster = "SQLite, cluster"
    case kafkaEmbedded = "Kafka, embedded"
    case kafkaCluster = "Kafka, cluster"

    var testDescription: String { rawValue }
    var hasKafka: Bool { self == .kafkaEmbedded || self == .kafkaCluster }
    var hasCluster: Bool { self == .sqliteCluster || self == .kafkaCluster }
}

/// What a service of a combination stands on.
struct Ground {
    let cluster: TestCluster?
    let brokers: Brokers?

    init(_ combination: Combination) throws {
        cluster = combination.hasCluster ? try ClusterTests.cluster() : nil
        brokers = combination.hasKafka ? try Brokers() : nil
    }

    /// - Parameter folder: the data folder of a service before it; nil: a new one.
    func service(_ more: [String: String] = [:], role: String = "serve", folder: String? = nil) throws -> Service {
        var settings = ["LOAD_MAX_AGE_MS": "50", "QUARANTINE_REJECTED": "true"]
        if let cluster { settings.merge(cluster.settings) { $1 } }
        if cluster != nil { settings["CLICKHOUSE_TIMEOUT_MS"] = "5000" }
        if let brokers { settings.merge(brokers.settings) { $1 } }
        return try Service(role, settings.merging(more) { $1 }, folder: folder)
    }
}
