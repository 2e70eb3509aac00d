import Events
import Platform

extension ClusterWarehouse {
    // MARK: Inserting

    /// Through a Distributed table, by any node: it sends each row to its shard and answers when every shard has stored its rows. A
    /// repetition, by another node too, is dropped by each shard: by its token, on old servers because the same lines make the
    /// same blocks. The shards remember it in the step that stores the lines, so that `insertMissing` is the same insert.
    ///
    /// What is made of the lines is fed by the same insert or, on old servers, by a second one, which any repetition repeats.
    public func insert(_ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String) throws(WarehouseError)
    {
        guard !lines.isEmpty else { return }
        let table = Table.of(target)
        let wrapped = ByteBuffer()
        let format = Table.format(target)
        let isWrapped = dialect.wrapsObjects && format == "JSONEachRow"
        if isWrapped { ObjectWrapping.wrap(lines, into: wrapped) }
        for name in [dialect.insertedRows(table), dialect.fedRows(table)].compactMap({ $0 }) {
            let statement = NodeStatement(
                sql: "INSERT INTO \(name) FORMAT \(format)",
                parameters: dialect.insertSettings + dialect.deduplication(token),
                lines: isWrapped ? wrapped.bytes : lines)
            try nodes.onOne(ErrorCodes.ofInsert, of: order) { (node) throws(NodeFailure) in try node.send(statement) }
        }
    }

    // MARK: Statements of the house's own

    /// A statement that asks goes to one node; one that changes rows to a node of each shard, whose replicas follow; one that
    /// changes how a node keeps its parts to every node.
    public func query(_ sql: String, format: String, _ sink: (UnsafeRawBufferPointer) -> Void) throws(WarehouseError) {
        if sql.hasPrefix("ALTER ") {
            return sql.contains(" SETTING ") ? try onEveryNode(sql) : try onEveryShard(sql)
        }
        let isInsert = sql.hasPrefix("INSERT ")
        let statement = NodeStatement(
            sql: sql,
            parameters: isInsert ? dialect.insertSettings : dialect.readSettings + [("default_format", format)])
        var hasBegun = false
        try nodes.onOne(ErrorCodes.ofHouse, of: order) {
            (node) throws(NodeFailure) in
            do throws(NodeFailure) {
                try node.send(statement) { bytes in
                    hasBegun = true
                    sink(bytes)
                    return true
                }
            } catch {
                // Half an answer has gone out already: another node's would be put behind it.
                guard hasBegun, case .away(let why) = error else { throw error }
                throw .here(.unavailable("\(node.url): \(why)"))
            }
        }
    }

    public func numberEverywhere(_ sql: String) throws(WarehouseError) -> Int64? {
        var sum: Int64 = 0
        for node in nodes.all {
            guard let number = Int64(try text(sql, of: node).prefix { $0 != "\n" }) else { return nil }
            sum += number
        }
        return sum
    }

    private func text(_ sql: String, of node: ClusterNode) throws(WarehouseError) -> String {
        do throws(NodeFailure) { return try node.text(sql) } catch {
            throw node.meaning(of: error, ErrorCodes.ofHouse)
        }
    }

    private func onEveryNode(_ sql: String) throws(WarehouseError) {
        for node in nodes.all { _ = try text(sql, of: node) }
    }

    private func onEveryShard(_ sql: String) throws(WarehouseError) {
        let shards = nodes.shards()
        let expected = Set(nodes.all.map(\.shard))
        guard Set(shards.keys) == expected, !expected.contains(0) else {
            throw .unavailable("nodes of the cluster have not said yet which shard they hold")
        }
        for (_, replicas) in shards {
            try nodes.onOne(ErrorCodes.ofHouse, of: replicas) { (node) throws(NodeFailure) in
                let change = Change(sql, on: node, dialect)
                _ = try node.text(sql)
                try change?.wait(on: replicas, atMost: options.timeoutMilliseconds)
            }
        }
    }
}

/// A change of rows on servers that do not wait for it themselves.
private struct Change {
    private static let pauseMilliseconds = 100
    private let table: String
    /// The newest before it.
    private let before: String

    init?(_ sql: String, on node: ClusterNode, _ dialect: Dialect) {
        guard dialect.waitsForChanges else { return nil }
        table = String(sql.split(separator: " ").dropFirst(2).first ?? "")
        before = (try? node.text(Change.newest(table)))?.split(separator: "\t").first.map(String.init) ?? ""
    }

    /// The newest change's number, and whether all are done.
    private static func newest(_ table: String) -> String {
        "SELECT max(mutation_id), min(is_done) FROM system.mutations WHERE database = 'default' AND table = '\(table)'"
    }

    /// Until each replica that answers has made it.
    func wait(on replicas: [ClusterNode], atMost milliseconds: Int) throws(NodeFailure) {
        let deadline = Clock.monotonicMilliseconds() + UInt64(milliseconds)
        for node in replicas where node.isReachable {
            while true {
                let words = try node.text(Change.newest(table)).split(whereSeparator: { $0 == "\t" || $0 == "\n" })
                if words.count == 2, words[0] > before, words[1] == "1" { break }
                guard Clock.monotonicMilliseconds() < deadline else {
                    throw .here(.unavailable("\(node.url): a change of \(table) is not done yet"))
                }
                Pause.milliseconds(Change.pauseMilliseconds)
            }
        }
    }
}
