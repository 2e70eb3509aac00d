/// How one node of a cluster stands, as it says itself.
public struct NodeReport: Sendable {
    public enum Failure: Error, Sendable, Equatable {
        /// No connection, no answer in time, or none of ClickHouse's.
        case away(String)
        /// It does not let this user in.
        case denied(String)
        /// It answers, but not this.
        case refused(String)
    }

    /// A replicated table of the program's.
    public struct Replica: Sendable, Equatable {
        public let table: String
        /// Its session with the keeper is lost, or it was never there: nothing can be written.
        public let isReadOnly: Bool
        /// Seconds that it is behind the others.
        public let delay: Int
        /// Parts that it has still to fetch or merge.
        public let queue: Int
        public let replicas: Int
        public let active: Int

        public init(table: String, isReadOnly: Bool, delay: Int, queue: Int, replicas: Int, active: Int) {
            (self.table, self.isReadOnly, self.delay, self.queue) = (table, isReadOnly, delay, queue)
            (self.replicas, self.active) = (replicas, active)
        }
    }

    public struct Disk: Sendable, Equatable {
        public let name: String
        public let freeBytes: Int64
        public let totalBytes: Int64

        public init(name: String, freeBytes: Int64, totalBytes: Int64) {
            (self.name, self.freeBytes, self.totalBytes) = (name, freeBytes, totalBytes)
        }
    }

    public let url: String
    /// What its looks ended with; the rest is as far as it came.
    public var failure: Failure?
    public var version = ""
    /// Nodes that it knows of the cluster; 0: it knows no such cluster.
    public var nodes = 0
    public var shards = 0
    /// Where it finds itself in the cluster, from 1; 0: nowhere.
    public var shard = 0
    /// Which replica of that shard it is, from 1; 0: this release does not tell.
    public var replica = 0
    public var macros: [String: String] = [:]
    /// Seconds that its clock is ahead of ours, at least; negative: behind.
    public var clockAheadSeconds = 0.0
    /// Why it does not reach ZooKeeper or Keeper.
    public var keeperFailure: String?
    /// The newest step of the schema that was applied; nil: none.
    public var schema: Int?
    public var replicas: [Replica] = []
    /// Nil: this release does not tell.
    public var disks: [Disk]?

    public init(url: String) { self.url = url }
}
