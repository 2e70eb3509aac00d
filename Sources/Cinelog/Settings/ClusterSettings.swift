package import Warehouse

extension Settings {
    /// Which cluster keeps the tables; nil where the embedded ClickHouse does.
    package var cluster: ClusterOptions? {
        let nodes = self[Declared.clickhouseNodes]
        guard !nodes.isEmpty else { return nil }
        var options = ClusterOptions(
            nodes: nodes, cluster: self[Declared.clickhouseCluster], user: self[Declared.clickhouseUser],
            password: self[Declared.clickhousePassword] ?? "")
        options.authoritiesFile = self[Declared.clickhouseAuthoritiesFile]
        options.retentionDays = self[Declared.retentionDays]
        options.auditDays = self[Declared.auditDays]
        options.timeoutMilliseconds = self[Declared.clickhouseTimeoutMilliseconds]
        return options
    }
}
