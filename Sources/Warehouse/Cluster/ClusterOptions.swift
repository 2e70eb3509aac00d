/// Which cluster, and how it is spoken to.
public struct ClusterOptions: Sendable {
    /// `http://host:8123` or `https://host:8443` of every node, in the order of the cluster's shards and their replicas: of several
    /// replicas that are as good the first is asked.
    public var nodes: [String]
    /// Its name in the nodes' `remote_servers`.
    public var cluster: String
    public var user: String
    public var password: String
    /// PEM of the authorities that vouch for nodes of https; nil: the system's.
    public var authoritiesFile: String?
    /// Days that an event is kept; 0 keeps it for ever.
    public var retentionDays = 0
    /// Days that the ledger goes back; 0: as far as there are events.
    public var auditDays = 0
    /// How long a node may take for a statement of the house's own.
    public var timeoutMilliseconds = 60_000
    /// How long connecting may take.
    public var connectMilliseconds = 2_000
    /// Statements that one node is sent at once; the next waits.
    public var statementsMax = 32

    public init(nodes: [String], cluster: String, user: String = "default", password: String = "") {
        self.nodes = nodes
        self.cluster = cluster
        self.user = user
        self.password = password
    }
}
