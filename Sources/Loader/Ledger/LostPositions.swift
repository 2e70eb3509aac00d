import EventLog
import Events
import Platform
import Warehouse

/// Notes in the ledger what the log lost: positions that it no longer holds, and for which there is no row yet.
struct LostPositions {
    private let warehouse: any Warehouse
    /// Rows of one statement.
    private static let rowsMax: Int64 = 1_000_000

    init(_ warehouse: any Warehouse) { self.warehouse = warehouse }

    /// Answers how many were lost.
    ///
    /// - Parameter behindKnown: only those behind the first that the ledger has of this log. (Earlier ones may have been
    ///   loaded so long ago that it has forgotten them.)
    func note(_ positions: Range<Int64>, _ partition: TopicPartition, of log: UUID, behindKnown: Bool)
        throws(WarehouseError) -> Int64
    {
        let place =
            "topic = '\(partition.topic.name)' AND log = toUUID('\(log)') AND partition = \(partition.partition)"
        var first = positions.lowerBound
        if behindKnown {
            let known = try numbers("SELECT count(), min(position) FROM deliveries WHERE \(place)")
            guard known.count == 2, known[0] > 0 else { return 0 }
            first = max(first, known[1])
        }
        var lost: Int64 = 0
        while first < positions.upperBound {
            let end = min(positions.upperBound, first + LostPositions.rowsMax)
            lost += try note(first, end, partition, log, "\(place) AND position >= \(first) AND position < \(end)")
            first = end
        }
        return lost
    }

    private func note(
        _ first: Int64, _ end: Int64, _ partition: TopicPartition, _ log: UUID, _ place: String
    ) throws(WarehouseError) -> Int64 {
        let known = try numbers("SELECT count() FROM deliveries WHERE \(place)")
        let lost = end - first - (known.first ?? 0)
        guard lost > 0 else { return 0 }
        try warehouse.query(
            """
            INSERT INTO \(warehouse.dialect.insertedRows(.deliveries))
                (topic, log, partition, position, kind, received_at, outcome, noted_at)
            SELECT '\(partition.topic.name)', toUUID('\(log)'), \(partition.partition), toInt64(\(first) + number) AS position,
                '\(partition.topic.kind?.type ?? "")', now(), 'lost', now()
            FROM numbers(\(end - first)) WHERE position NOT IN (SELECT position FROM deliveries WHERE \(place))
            """, format: "Null"
        ) { _ in }
        return lost
    }

    private func numbers(_ sql: String) throws(WarehouseError) -> [Int64] {
        try warehouse.text(sql).split { $0 == "\t" || $0 == "\n" }.compactMap { Int64($0) }
    }
}
