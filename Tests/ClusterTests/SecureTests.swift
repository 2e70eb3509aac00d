import TestSupport
import Testing

extension ClusterTests {
    @Suite("TLS to the cluster") struct SecureTests {
        @Test(
            "Events are loaded through https, by the authority that a setting names; another's certificate is refused")
        func authority() throws {
            let cluster = try ClusterTests.cluster()
            let front = try SecureFront(cluster)
            let https = cluster.settings.merging([
                "CLICKHOUSE_NODES": front.urls.joined(separator: ","), "LOAD_MAX_AGE_MS": "50",
            ]) { $1 }
            let service = try Service("serve", https.merging(["CLICKHOUSE_CA_FILE": front.authority]) { $1 })
            #expect(Load.send(service, 0..<500))
            service.expectRows(500)
            service.expectBalance()
            #expect(service.command("doctor").code == 0, "\(service.command("doctor").output)")
            #expect(service.stop() == 0)

            for file in [front.stranger, nil, "/nowhere/ca.pem"] {
                let settings = https.merging(file.map { ["CLICKHOUSE_CA_FILE": $0] } ?? [:]) { $1 }
                let refused = try Service("store", settings, starts: false).command("migrate")
                #expect(refused.code != 0 && refused.output.lowercased().contains("certificate"), "\(refused.output)")
            }
        }
    }
}
