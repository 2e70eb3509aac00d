import Events
import Platform
import TestSupport
import Warehouse

func eventID(_ number: Int) -> UUID { UUID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | UInt64(number)) }

func userID(_ number: Int) -> UUID { UUID(high: 0x0190_0000_0000_7000, low: 0x9000_0000_0000_0000 | UInt64(number)) }

/// A canonical line without its newline.
func clickLine(_ number: Int, user: UUID = .none, rest: String = "") -> String {
    "{\"event_id\":\"\(eventID(number))\",\"user_id\":\"\(user)\",\"time\":\"2026-01-02 03:04:05.678\","
        + "\"received_at\":\"2026-01-02 03:04:05.678\",\"obj_id\":\"button \(number)\"\(rest)}"
}

extension ClusterWarehouse {
    /// - Parameter first: which node is named, and so asked, before the others.
    convenience init(_ cluster: TestCluster, first: Int = 0) throws {
        let urls = cluster.nodes.map(\.url)
        var options = ClusterOptions(
            nodes: Array(urls[first...] + urls[..<first]), cluster: "cinelog", user: "cinelog",
            password: TestCluster.password)
        options.timeoutMilliseconds = 20_000
        try self.init(options, logger: quiet)
    }

    func insert(_ lines: [String], _ target: InsertTarget = .events(.click), token: String) throws {
        let text = Array((lines.joined(separator: "\n") + "\n").utf8)
        try text.withUnsafeBytes { try insert($0, into: target, token: token) }
    }
}
