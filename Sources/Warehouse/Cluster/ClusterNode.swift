import Events
import HTTPClient
import Platform
import Synchronization

/// One server of the cluster: its connections, and what is known of it.
final class ClusterNode: Sendable {
    /// What the last look found.
    struct Health {
        /// It answers.
        var isReachable = false
        /// Its replicas can be written to, and lack nothing that others have had for long.
        var isCurrent = false
        /// It has the tables of this program's schema.
        var isMigrated = false
        /// The shard that it holds, from 1; 0: not known.
        var shard = 0
        /// Why it is not reachable.
        var failure = "not asked yet"
    }

    let url: String
    let health = Condition(Health())
    /// Held by who makes its tables: at the start two may want to.
    let oneMigration = Mutex(())
    private let connections: Pool<HTTPClient>
    private let headers: [(String, String)]
    private let turnMilliseconds: Int

    /// From how many bytes on lines are compressed: a packet's worth.
    private static let compressedBytesMin = 4096

    init(_ url: String, _ options: ClusterOptions) {
        self.url = url
        turnMilliseconds = options.timeoutMilliseconds
        headers =
            [("X-ClickHouse-User", options.user)]
            + (options.password.isEmpty ? [] : [("X-ClickHouse-Key", options.password)])
        let busy = WarehouseError.unavailable("\(url) is busy: other statements take too long")
        connections = Pool(countMax: options.statementsMax, late: busy) { () throws(WarehouseError) in
            HTTPClient(
                timeoutMilliseconds: options.timeoutMilliseconds, connectMilliseconds: options.connectMilliseconds,
                acceptsGzip: true, authoritiesFile: options.authoritiesFile)
        }
    }

    var isReachable: Bool { health.withLock { $0.isReachable } }
    var shard: Int { health.withLock { $0.shard } }
    /// As good as any: reads and writes may go to it.
    var isReady: Bool { health.withLock { $0.isReachable && $0.isCurrent && $0.isMigrated } }

    /// Runs a statement and hands the answer on; `sink` answers false to stop, which is no failure.
    func send(_ statement: NodeStatement, _ sink: (UnsafeRawBufferPointer) -> Bool = { _ in true })
        throws(NodeFailure)
    {
        let outcome: Result<Void, NodeFailure>
        do throws(WarehouseError) {
            outcome = try connections.withOne(waitingAtMost: turnMilliseconds) { (connection) throws(WarehouseError) in
                do throws(NodeFailure) { return .success(try exchange(statement, connection, sink)) } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw .here(error)
        }
        try outcome.get()
    }

    private func exchange(
        _ statement: NodeStatement, _ connection: HTTPClient, _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(NodeFailure) {
        var isStopped = false
        let answer: HTTPClientResponse
        do throws(HTTPClientError) {
            answer = try request(statement, connection) { bytes in
                isStopped = !sink(bytes)
                return !isStopped
            }
        } catch {
            if isStopped { return }
            throw .away("\(error)")
        }
        guard answer.status != 200 else { return }
        let text = answer.body.string
        // Something between us and the server, such as a proxy, does not speak like this.
        guard text.hasPrefix("Code: ") else { throw .away("status \(answer.status): \(text.prefix(200))") }
        throw .server(EngineFailure(text: text))
    }

    private func request(
        _ statement: NodeStatement, _ connection: HTTPClient, _ onBody: (UnsafeRawBufferPointer) -> Bool
    ) throws(HTTPClientError) -> HTTPClientResponse {
        let sql = ByteBuffer()
        sql.append(statement.sql)
        let body = statement.lines ?? sql.bytes
        return try withoutActuallyEscaping(onBody) { (onBody) throws(HTTPClientError) in
            try connection.request(
                "POST", url + statement.target, headers: headers, body: body,
                gzip: body.count >= ClusterNode.compressedBytesMin,
                timeoutMilliseconds: statement.timeoutMilliseconds, onBody: onBody)
        }
    }

    /// The whole answer, TSV unless the statement says otherwise.
    func text(_ sql: String, timeoutMilliseconds: Int? = nil) throws(NodeFailure) -> String {
        let answer = ByteBuffer()
        try send(NodeStatement(sql: sql, timeoutMilliseconds: timeoutMilliseconds)) {
            answer.append($0)
            return true
        }
        return answer.string
    }

    func close() { connections.close() }
}
