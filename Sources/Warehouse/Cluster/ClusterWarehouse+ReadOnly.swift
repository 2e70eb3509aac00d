extension ClusterWarehouse {
    /// Time that an answer may take beyond the statement's own.
    private static let graceMilliseconds = 10_000

    /// Behind two walls: the statement's tree (or, where an old server shows none, its words) holds only what `QueryGate` lists, and
    /// the server runs it with `readonly = 1`, which forbids writing, settings and, with them, functions that read elsewhere.
    public func readOnlyQuery(
        _ sql: String, defaultFormat: String, limits: QueryLimits, onFormat: (String) -> Void,
        _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(WarehouseError) {
        let statement = try ClientStatement(sql)
        let format = statement.format ?? defaultFormat
        try judge(statement, limits)
        var question = NodeStatement(
            sql: statement.sql,
            parameters: dialect.readSettings + dialect.settings(limits) + [("default_format", format)])
        question.parameters.append(("readonly", "1"))
        question.timeoutMilliseconds = limits.seconds * 1000 + ClusterWarehouse.graceMilliseconds
        let request = question
        var hasBegun = false
        try nodes.onOne(ErrorCodes.ofClient, of: order) { (node) throws(NodeFailure) in
            do throws(NodeFailure) {
                try node.send(request) { bytes in
                    if !hasBegun { onFormat(format) }
                    hasBegun = true
                    return sink(bytes)
                }
            } catch {
                guard hasBegun, case .away(let why) = error else { throw error }
                throw .here(.unavailable("\(node.url): \(why)"))
            }
        }
        if !hasBegun { onFormat(format) }
    }

    private func judge(_ statement: ClientStatement, _ limits: QueryLimits) throws(WarehouseError) {
        var refusal: String?
        if dialect.showsTrees {
            let tree = NodeStatement(
                sql: "EXPLAIN AST " + statement.sql,
                parameters: dialect.settings(limits) + [("default_format", "TSVRaw"), ("readonly", "1")])
            var bytes: [UInt8] = []
            try nodes.onOne(ErrorCodes.ofClient, of: order) { (node) throws(NodeFailure) in
                bytes = []
                try node.send(tree) {
                    bytes += $0
                    return true
                }
            }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            refusal = gate.refusal(of: statement, tree: lines)
        } else {
            refusal = gate.refusal(ofWords: statement)
        }
        if let refusal { throw .badQuery(refusal) }
    }
}
