import Events
import Glibc
import HTTPClient
import Platform
import TestSupport

/// One of the ClickHouse servers.
final class TestNode: Sendable {
    struct Ports: Sendable {
        let http: Int
        let native: Int
        let replication: Int

        init() throws {
            (http, native, replication) = (try Service.freePort(), try Service.freePort(), try Service.freePort())
        }
    }

    let url: String
    let process: TestProcess

    /// - Parameter number: from 1; 1 and 2 are the replicas of shard 1, 3 and 4 of shard 2.
    init(_ number: Int, _ ports: [Ports], _ zooKeeperPort: Int, _ clusterFolder: String, _ watch: Watch) throws {
        let own = ports[number - 1]
        let folder = "\(clusterFolder)/node\(number)"
        url = "http://127.0.0.1:\(own.http)"
        let deploy = Service.root + "/deploy/clickhouse"
        let made = Service.shell(
            """
            mkdir -p '\(folder)/config.d' '\(folder)/users.d' && cp '\(deploy)/cluster.xml' '\(folder)/config.d/' &&
            cp '\(deploy)/users.xml' '\(folder)/users.d/' && cp /etc/clickhouse-server/users.xml '\(folder)/users.xml'
            """)
        guard made.code == 0 else { throw Service.Failure(description: made.output) }
        try TestCluster.write(TestNode.configuration(folder, own), folder + "/config.xml")
        var environment = [
            "CINELOG_SHARD": number <= 2 ? "01" : "02", "CINELOG_REPLICA": "node\(number)",
            "CINELOG_PASSWORD": TestCluster.password, "CINELOG_KEEPER": "127.0.0.1",
            "CINELOG_KEEPER_PORT": "\(zooKeeperPort)",
        ]
        for (index, ports) in ports.enumerated() {
            environment["CINELOG_NODE\(index + 1)"] = "127.0.0.1"
            environment["CINELOG_PORT\(index + 1)"] = "\(ports.native)"
        }
        process = TestProcess(
            ["clickhouse-server", "--config-file=\(folder)/config.xml"], environment, folder, watch)
    }

    /// What Debian's own has, with ports and folders of its own.
    private static func configuration(_ folder: String, _ ports: Ports) -> String {
        """
        <?xml version="1.0"?>
        <yandex>
            <logger><level>information</level><log>\(folder)/server.log</log><errorlog>\(folder)/error.log</errorlog></logger>
            <http_port>\(ports.http)</http_port>
            <tcp_port>\(ports.native)</tcp_port>
            <interserver_http_port>\(ports.replication)</interserver_http_port>
            <interserver_http_host>127.0.0.1</interserver_http_host>
            <listen_host>127.0.0.1</listen_host>
            <path>\(folder)/data/</path>
            <tmp_path>\(folder)/tmp/</tmp_path>
            <user_files_path>\(folder)/user_files/</user_files_path>
            <format_schema_path>\(folder)/format_schemas/</format_schema_path>
            <users_config>\(folder)/users.xml</users_config>
            <default_profile>default</default_profile>
            <default_database>default</default_database>
            <mark_cache_size>67108864</mark_cache_size>
        </yandex>
        """
    }

    func waitUntilReady() throws {
        let answers = holds(within: 60_000) {
            (try? ask("SELECT count() >= 0 FROM system.zookeeper WHERE path = '/'")) == "1\n"
        }
        guard answers else { throw Service.Failure(description: "\(url) does not start") }
    }

    /// Until its tables have found ZooKeeper again: before, they can neither be written to nor dropped.
    func waitUntilWritable() throws {
        let readOnly = "SELECT count() FROM system.replicas WHERE is_readonly OR is_session_expired"
        guard holds(within: 120_000, { (try? number(readOnly)) == 0 }) else {
            throw Service.Failure(description: "\(url): tables stay readonly")
        }
    }

    /// The answer to a statement, as TSV; the server's words where it is an error.
    func ask(_ sql: String) throws -> String {
        let headers = [("X-ClickHouse-User", "cinelog"), ("X-ClickHouse-Key", TestCluster.password)]
        let answer = try Array(sql.utf8).withUnsafeBytes {
            try HTTPClient(timeoutMilliseconds: 30_000).request("POST", url + "/", headers: headers, body: $0)
        }
        guard answer.status == 200 else { throw Service.Failure(description: "\(sql): \(answer.body.string)") }
        return answer.body.string
    }

    /// Its only value.
    func number(_ sql: String) throws -> Int { Int(try ask(sql).prefix { $0 != "\n" }) ?? -1 }
}
