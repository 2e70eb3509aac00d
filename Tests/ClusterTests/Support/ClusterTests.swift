import Glibc
import Platform
import TestSupport
import Testing

/// On real servers, which the tests share, one after another; each begins with no table.
@Suite("ClickHouse cluster", .serialized, ClusterTrait())
enum ClusterTests {
    @TaskLocal static var shared: TestCluster?

    /// The cluster, as it is at first.
    static func cluster() throws -> TestCluster {
        let cluster = try #require(shared)
        try cluster.reset()
        return cluster
    }
}

/// Starts the servers for the suite, when it is its turn.
struct ClusterTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await Turn.brokers.run {
            let cluster = try TestCluster()
            defer { cluster.stop() }
            try await ClusterTests.$shared.withValue(cluster) { try await function() }
        }
    }
}

let quiet = Logger(source: "test", level: .error)
