public import Events

/// How copies of an event are passed over, found and taken out (docs/decisions/0014-viewers-and-copies.md).
extension Dialect {
    /// Whether the engine can take single rows out of a table without writing it anew, and this process alone inserts.
    var removesCopies: Bool { cluster == nil }

    /// Rows of events, each event once: as they are stored where there can be no copies; where there can be, the latest of each; and
    /// through the view, which reads FINAL, where nothing is known.
    ///
    /// - Parameters:
    ///   - columns: names of columns, computed ones (`ComputedColumn`) among them.
    ///   - condition: which events.
    ///   - copies: where an event may be stored more than once.
    public func eachOnce(_ kind: EventKind, _ columns: [String], where condition: String, copies: SliceSet) -> String {
        let table = EventTable.of(kind).storageName
        let computed = ComputedColumn.all.filter { columns.contains($0.name) }
        func selected(_ said: (ComputedColumn) -> String) -> String {
            columns.map { name in computed.first { $0.name == name }.map(said) ?? name }.joined(separator: ", ")
        }
        guard removesCopies, !copies.isAll else {
            return "SELECT \(selected { $0.worked(self, kind) }) FROM \(kind.topic) WHERE \(condition)"
        }
        let asStored = "SELECT \(selected { stored($0, kind) }) FROM \(table) WHERE \(condition)"
        if copies.isEmpty { return asStored }
        // Cheaper than FINAL, which would merge every row that lies near.
        return """
            \(asStored) AND NOT \(within(copies))
            UNION ALL
            SELECT \(columns.joined(separator: ", ")) FROM
            (
                SELECT \((["*"] + computed.map { stored($0, kind) }).joined(separator: ", ")) FROM \(table) WHERE \(within(copies))
                ORDER BY received_at DESC LIMIT 1 BY \(leading(kind)), event_id
            )
            WHERE \(condition)
            """
    }

    private func within(_ slices: SliceSet) -> String {
        guard !slices.isAll else { return "1" }
        return "\(ComputedColumn.slice.name) IN (\(slices.numbers.map(String.init).joined(separator: ",")))"
    }

    /// Slices with so many rows and more.
    func heavySlices(of kind: EventKind, in slices: SliceSet, rows: Int) -> String {
        """
        SELECT \(ComputedColumn.slice.name) FROM \(EventTable.of(kind).storageName) WHERE \(within(slices))
        GROUP BY \(ComputedColumn.slice.name) HAVING count() >= \(rows) LIMIT \(SliceSet.heavyMax)
        """
    }

    /// Parts of the identities (0 to 65,535) that hold rows which FINAL passes over, at most so many: there the sum of hashes of all
    /// rows is another than that of FINAL's.
    func partsWithCopies(of kind: EventKind, limit: Int) -> String {
        let table = EventTable.of(kind).storageName
        let sum = "toInt64(cityHash64(event_id, received_at))"
        return """
            SELECT part FROM
            (
                SELECT \(Dialect.part) AS part, \(sum) AS hashed FROM \(table)
                UNION ALL
                SELECT \(Dialect.part) AS part, -\(sum) AS hashed FROM \(table) FINAL\(viewSettings)
            )
            GROUP BY part HAVING sum(hashed) != 0 LIMIT \(limit)
            SETTINGS max_threads = 1
            """
    }

    private static let part = "toUInt16(cityHash64(event_id))"

    /// Rows that FINAL passes over, at most so many: of each a number of its identity, the digest of its copy that is not the
    /// latest ("" where it arrived in the same millisecond, so that none is), and its identity.
    ///
    /// - Parameter parts: as `partsWithCopies` answers them; nil: all.
    func copies(of kind: EventKind, in slices: SliceSet, parts: [String]?, salt: UInt64, limit: Int) -> String {
        """
        SELECT \(identityNumber(salt)) AS number, if(older = newest, '', \(digest(kind, "older", salt))) AS copy,
            toString(event_id)
        FROM
        (
            SELECT \(leading(kind)), event_id, max(received_at) AS newest, arraySort(groupArray(received_at)) AS arrivals,
                arrayJoin(arrayDistinct(arraySlice(arrivals, 1, length(arrivals) - 1))) AS older
            FROM \(EventTable.of(kind).storageName)
            WHERE \(within(slices))\(parts.map { " AND \(Dialect.part) IN (\($0.joined(separator: ",")))" } ?? "")
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
    func removeCopies(of kind: EventKind, in slices: SliceSet, salt: UInt64, numbers: [String], digests: [String])
        -> String
    {
        """
        DELETE FROM \(EventTable.of(kind).storageName)
        WHERE \(within(slices)) AND \(identityNumber(salt)) IN (\(numbers.joined(separator: ",")))
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
