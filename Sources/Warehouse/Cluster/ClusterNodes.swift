import Platform
import Synchronization

/// The nodes, and which of them is asked.
final class ClusterNodes: Sendable {
    let all: [ClusterNode]
    private let turn = Atomic<Int>(0)

    init(_ options: ClusterOptions) { all = options.nodes.map { ClusterNode($0, options) } }

    /// All of them, the best first: those that a Distributed table would ask itself, in turn; then the other replicas; then those
    /// that are behind; then, in case they are back, those that did not answer.
    ///
    /// Why not all in turn: an old server's Distributed table reads and writes its own replica where it has one. Only the first
    /// good replica of each shard is asked, so that what was just written is there (docs/decisions/0010-cluster.md).
    ///
    /// - Parameter inTurn: false: always the same one first.
    func order(inTurn: Bool = true) -> [ClusterNode] {
        let ready = all.filter(\.isReady)
        var shards: Set<Int> = []
        let first = ready.filter { shards.insert($0.shard).inserted }
        var order = inTurn ? rotated(first) : first
        order += ready.filter { node in !order.contains { $0 === node } }
        let behind = all.filter { node in !order.contains { $0 === node } }
        return order + behind.filter(\.isReachable) + behind.filter { !$0.isReachable }
    }

    private func rotated(_ nodes: [ClusterNode]) -> [ClusterNode] {
        guard nodes.count > 1 else { return nodes }
        let start = Int(UInt(bitPattern: turn.wrappingAdd(1, ordering: .relaxed).newValue) % UInt(nodes.count))
        return Array(nodes[start...] + nodes[..<start])
    }

    /// The shards and their nodes that answer, the best first.
    func shards() -> [Int: [ClusterNode]] { Dictionary(grouping: order().filter { $0.shard > 0 }, by: \.shard) }

    /// Runs a statement on the first node that can.
    func onOne<Answer>(
        _ meaning: (EngineFailure) -> WarehouseError, of nodes: [ClusterNode]? = nil,
        _ body: (ClusterNode) throws(NodeFailure) -> Answer
    ) throws(WarehouseError) -> Answer {
        var last = WarehouseError.unavailable("no node of the cluster")
        for node in nodes ?? order() {
            do throws(NodeFailure) { return try body(node) } catch {
                last = node.meaning(of: error, meaning)
                guard case .unavailable = last else { throw last }
            }
        }
        throw last
    }
}

extension ClusterNode {
    /// What a failure means to the caller. A node that is away is not asked first until it is seen to be back.
    func meaning(of failure: NodeFailure, _ meaning: (EngineFailure) -> WarehouseError) -> WarehouseError {
        switch failure {
        case .away(let why):
            health.withLock {
                $0.isReachable = false
                $0.failure = why
            }
            return .unavailable("\(url): \(why)")
        case .server(let failure):
            guard case .unavailable(let why) = meaning(failure) else { return meaning(failure) }
            return .unavailable("\(url): \(why)")
        case .here(let error): return error
        }
    }
}
