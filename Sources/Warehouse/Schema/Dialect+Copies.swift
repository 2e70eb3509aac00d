public import Events

/// How copies of an event are passed over, found and taken out (docs/decisions/0014-viewers-and-copies.md).
extension Dialect {
    /// Whether the engine can take single rows out of a table without writing it anew, and this process alone inserts.
    var removesCopies: Bool { cluster == nil }

    /// Rows of events, each event once: as they are stored where there can be no copies, with FINAL elsewhere.
    ///
    /// - Parameters:
    ///   - columns: what is selected of them; of columns of the table and `viewerNumber`.
    ///   - condition: which events.
    ///   - copies: where an event may be stored more than once.
    public func eachOnce(_ kind: EventKind, _ columns: [String], where condition: String, copies: HourSet) -> String {
        let selected = "SELECT \(columns.joined(separator: ", ")) FROM"
        guard removesCopies else { return "\(selected) \(kind.topic) WHERE \(condition)" }
        let table = EventTable.of(kind).storageName
        if copies.isEmpty { return "\(selected) \(table) WHERE \(condition)" }
        if copies.isAll { return "\(selected) \(table) FINAL WHERE \(condition)\(viewSettings)" }
        let inside = within(copies)
        return """
            \(selected) \(table) WHERE \(condition) AND NOT \(inside)
            UNION ALL
            \(selected) \(table) FINAL WHERE \(condition) AND \(inside)\(viewSettings)
            """
    }

    /// Whether an event's identity lies in one of the hours.
    private func within(_ hours: HourSet) -> String {
        guard !hours.isAll else { return "1" }
        let ranges = hours.identities.map { range in
            "toUInt128(event_id) BETWEEN toUInt128(toUUID('\(range.first)')) AND toUInt128(toUUID('\(range.last)'))"
        }
        return "(" + ranges.joined(separator: " OR ") + ")"
    }

    /// Rows that FINAL passes over, at most so many: of each a number of its identity, the digest of its copy that is not the
    /// latest ("" where all copies arrived in one millisecond, so that none is), and its identity.
    ///
    /// What FINAL leaves out makes a difference in the sum of hashes of a part of the identities; only those parts are grouped.
    func copies(of kind: EventKind, in hours: HourSet, salt: UInt64, limit: Int) -> String {
        let (table, inside) = (EventTable.of(kind).storageName, within(hours))
        let part = "toUInt16(cityHash64(event_id))"
        let sum = "toInt64(cityHash64(event_id, received_at))"
        return """
            SELECT \(identityNumber(salt)) AS number, if(older = toDateTime64(0, 3, 'UTC'), '', \(digest(kind, "older", salt))),
                toString(event_id)
            FROM
            (
                SELECT \(leading(kind)), event_id, max(received_at) AS newest,
                    arrayDistinct(arrayMap(t -> if(t < newest, t, toDateTime64(0, 3, 'UTC')),
                        arraySlice(arraySort(groupArray(received_at)), 1, length(groupArray(received_at)) - 1))) AS all_older,
                    arrayJoin(all_older) AS older
                FROM \(table)
                WHERE \(inside) AND \(part) IN
                (
                    SELECT part FROM
                    (
                        SELECT \(part) AS part, \(sum) AS hashed FROM \(table) WHERE \(inside)
                        UNION ALL
                        SELECT \(part) AS part, -\(sum) AS hashed FROM \(table) FINAL WHERE \(inside)\(viewSettings)
                    )
                    GROUP BY part HAVING sum(hashed) != 0
                )
                GROUP BY \(leading(kind)), event_id HAVING count() > 1
            )
            LIMIT \(limit)
            SETTINGS max_threads = 1
            """
    }

    /// Takes rows out. The statement stays on the disk for a while: it names no event.
    ///
    /// - Parameters:
    ///   - numbers: of identities, as `copies` answers them: cheaper to compare than digests.
    ///   - digests: as `copies` answers them.
    func removeCopies(of kind: EventKind, in hours: HourSet, salt: UInt64, numbers: [String], digests: [String]) -> String {
        """
        DELETE FROM \(EventTable.of(kind).storageName)
        WHERE \(within(hours)) AND \(identityNumber(salt)) IN (\(numbers.joined(separator: ",")))
            AND \(digest(kind, "received_at", salt)) IN ('\(digests.joined(separator: "','"))')
        SETTINGS lightweight_deletes_sync = 1
        """
    }

    private func identityNumber(_ salt: UInt64) -> String { "sipHash64(event_id, \(salt))" }

    private func digest(_ kind: EventKind, _ arrival: String, _ salt: UInt64) -> String {
        "hex(sipHash128(\(leading(kind)), event_id, \(arrival), \(salt)))"
    }

    private func leading(_ kind: EventKind) -> String {
        guard case .event(let leading, _) = EventTable.of(kind).key else { return "event_id" }
        return leading
    }
}
