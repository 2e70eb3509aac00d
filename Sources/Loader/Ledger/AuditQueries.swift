import Events
import Warehouse

/// The statements of an audit. Each answers TSV.
///
/// Both sides of a comparison are laid one upon the other and grouped by what identifies a row, so that one pass finds what
/// is on one side only; grouping spills to disk rather than grow.
struct AuditQueries {
    let dialect: Dialect
    /// Unix seconds: older deliveries may have been dropped already (`AUDIT_DAYS`), and nothing can be said of their events.
    let from: Int64

    static let spilling = "SETTINGS max_bytes_before_external_group_by = 268435456"
    private static let inTable = "outcome IN ('stored', 'replayed')"

    // MARK: Positions

    /// topic, log, partition, rows, different positions, least, greatest: of positions that are settled.
    /// - Parameter below: the first position of a partition that is not settled yet.
    func positions(_ topic: Topic, _ log: UUID, _ partition: Int32, below: Int64) -> String {
        "SELECT count(), min(position), max(position) FROM deliveries \(place(topic, log, partition, below))"
    }

    /// The first positions that have no row while one before them has: `from`, `to` (exclusive).
    func gaps(_ topic: Topic, _ log: UUID, _ partition: Int32, below: Int64, limit: Int) -> String {
        let settled = place(topic, log, partition, below)
        return """
            SELECT previous + 1, position FROM
            (
                SELECT position, prior AS previous FROM
                (
                    SELECT groupArray(position) AS all_positions FROM
                        (SELECT position FROM deliveries \(settled) ORDER BY position)
                )
                ARRAY JOIN all_positions AS position, arrayPushFront(arrayPopBack(all_positions), all_positions[1] - 1) AS prior
            )
            WHERE previous + 1 != position ORDER BY position LIMIT \(limit)
            """
    }

    private func place(_ topic: Topic, _ log: UUID, _ partition: Int32, _ below: Int64) -> String {
        "WHERE topic = '\(topic.name)' AND log = toUUID('\(log)') AND partition = \(partition) AND position < \(below)"
    }

    // MARK: Events

    /// event_id, times delivered, rows in the table: of events that are not in the table, or more often than delivered.
    func unbalanced(_ kind: EventKind, limit: Int) -> String {
        "\(comparison(kind)) ORDER BY event_id LIMIT \(limit) \(AuditQueries.spilling)"
    }

    /// How many are missing, and how many are there too often.
    func unbalancedCounts(_ kind: EventKind) -> String {
        "SELECT countIf(stored = 0), countIf(stored > 0) FROM (\(comparison(kind))) \(AuditQueries.spilling)"
    }

    private func comparison(_ kind: EventKind) -> String {
        """
        SELECT event_id, sum(d) AS delivered, sum(s) AS stored FROM
        (
            SELECT event_id, 1 AS d, 0 AS s FROM deliveries
            WHERE kind = '\(kind.type)' AND \(AuditQueries.inTable) AND received_at >= toDateTime(\(from), 'UTC')
            UNION ALL
            SELECT event_id, 0 AS d, 1 AS s FROM \(dialect.allRows(EventTable.of(kind)))
            WHERE received_at >= toDateTime(\(from), 'UTC')
        )
        GROUP BY event_id HAVING stored = 0 OR stored > delivered
        """
    }

    /// topic, partition, position of an event's deliveries.
    func positions(of eventIDs: [String], _ kind: EventKind) -> String {
        let list = eventIDs.map { "toUUID('\($0)')" }.joined(separator: ", ")
        return """
            SELECT event_id, topic, partition, position FROM deliveries
            WHERE kind = '\(kind.type)' AND event_id IN (\(list)) ORDER BY event_id, topic, partition, position
            """
    }

    // MARK: Quarantine

    /// topic, partition, position, in the ledger, in the quarantine: where these differ.
    func quarantine(limit: Int) -> String {
        """
        SELECT topic, partition, position, sum(d) AS noted, sum(s) AS held FROM
        (
            SELECT topic, log, partition, position, 1 AS d, 0 AS s FROM deliveries
            WHERE outcome = 'quarantined' AND received_at >= toDateTime(\(from), 'UTC')
            UNION ALL
            SELECT topic, log, partition, position, 0 AS d, 1 AS s FROM quarantine
            WHERE replayed_at < toDateTime(1, 'UTC') AND received_at >= toDateTime(\(from), 'UTC')
        )
        GROUP BY topic, log, partition, position HAVING noted != held
        ORDER BY topic, partition, position LIMIT \(limit) \(AuditQueries.spilling)
        """
    }

    // MARK: The ledger

    /// topic, hour (Unix seconds), accepted, stored, duplicate, quarantined, forgotten, lost
    func hours(since: Int64) -> String {
        """
        SELECT topic, toUnixTimestamp(hour), accepted, stored, duplicate, quarantined, forgotten, lost FROM ledger
        WHERE hour >= toDateTime(\(since), 'UTC') ORDER BY hour, topic
        """
    }

    /// topic, accepted, stored, duplicate, quarantined, forgotten, lost: over all hours.
    static let totals = """
        SELECT topic, sum(accepted), sum(stored), sum(duplicate), sum(quarantined), sum(forgotten), sum(lost) FROM ledger
        GROUP BY topic ORDER BY topic
        """

    /// topic, partition, from, to, count of lost positions.
    static let lost = """
        SELECT topic, partition, min(position), max(position), count() FROM deliveries WHERE outcome = 'lost'
        GROUP BY topic, log, partition ORDER BY topic, partition
        """
}
