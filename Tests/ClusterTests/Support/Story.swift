import Events
import HTTPClient
import TestSupport
import Testing
import Warehouse

/// Events in the tables of a cluster, and a service that is asked about them.
struct Story {
    let cluster: TestCluster
    let service: Service
    var lines = StoryLines()
    private let warehouse: ClusterWarehouse
    private var tellings = 0

    init(_ cluster: TestCluster) throws {
        self.cluster = cluster
        warehouse = try ClusterWarehouse(cluster)
        try warehouse.migrate()
        service = try Service(
            "serve", cluster.settings.merging(["LOAD_MAX_AGE_MS": "50", "CLICKHOUSE_TIMEOUT_MS": "10000"]) { $1 })
    }

    /// Inserts what was added since.
    mutating func tell() throws {
        for (kind, text) in lines.take() {
            tellings += 1
            try warehouse.insert([String(text.dropLast())], .events(kind), token: "\(kind) \(tellings)")
        }
    }

    /// The service gone, and all else.
    func end() {
        #expect(service.stop() == 0)
        warehouse.close()
    }

    func ask(_ rest: String) throws -> HTTPClientResponse { try service.get(service.admin + "/v1/insights/" + rest) }

    /// Whether the answers are as counted.
    func expect(_ answers: [CountedAnswer], sourceLocation: SourceLocation = #_sourceLocation) throws {
        for answer in answers {
            #expect(answer.fault(in: try ask(answer.ask).body.string) == nil, sourceLocation: sourceLocation)
        }
    }
}
