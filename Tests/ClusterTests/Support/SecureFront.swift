import Glibc
import TestSupport

/// nginx with TLS before each node, with a certificate that an authority of its own has made for 127.0.0.1.
final class SecureFront {
    private let folder = Service.temporaryFolder()
    private var pid: pid_t = 0
    /// `https://…` of every node, in their order.
    let urls: [String]
    /// PEM of the authority that vouches for it, and of one that does not.
    var authority: String { folder + "/ca.pem" }
    var stranger: String { folder + "/stranger.pem" }

    init(_ cluster: TestCluster) throws {
        let ports = try cluster.nodes.map { _ in try Service.freePort() }
        urls = ports.map { "https://127.0.0.1:\($0)" }
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        let made = Service.shell(
            """
            openssl req -x509 \(key) -days 2 -subj /CN=authority -keyout ca.key -out ca.pem && \
            openssl req -x509 \(key) -days 2 -subj /CN=stranger -keyout stranger.key -out stranger.pem && \
            openssl req \(key) -subj /CN=node -keyout key.pem -out request.pem && \
            echo subjectAltName=IP:127.0.0.1 >names && openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key \
            -CAcreateserial -days 2 -extfile names -out certificate.pem
            """, in: folder)
        guard made.code == 0 else { throw Service.Failure(description: made.output) }
        try TestCluster.write(
            configuration(zip(ports, cluster.nodes.map(\.url)).map { ($0, $1) }), folder + "/nginx.conf")
        pid = try Service.spawn(
            ["/usr/sbin/nginx", "-p", folder, "-e", "stderr", "-c", "nginx.conf"], ["PATH": "/usr/sbin:/usr/bin:/bin"],
            output: folder + "/output.txt", in: folder)
        let answers = holds(within: 20_000) {
            ports.allSatisfy { Service.shell("curl -s --cacert '\(authority)' https://127.0.0.1:\($0)/ping").code == 0 }
        }
        guard answers else { throw Service.Failure(description: Service.text(folder + "/output.txt")) }
    }

    deinit {
        if pid > 0 {
            kill(pid, SIGTERM)
            waitpid(pid, nil, 0)
        }
        _ = Service.shell("rm -rf '\(folder)'")
    }

    private func configuration(_ nodes: [(port: Int, url: String)]) -> String {
        let servers = nodes.map {
            "server { listen 127.0.0.1:\($0.port) ssl; location / { proxy_pass \($0.url); } }"
        }
        let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder)/\($0);" }
        return """
            daemon off; master_process off; pid \(folder)/pid;
            events {}
            http {
                access_log off; client_max_body_size 64m; ssl_certificate certificate.pem; ssl_certificate_key key.pem;
                \(places.joined(separator: " "))
                \(servers.joined(separator: "\n    "))
            }
            """
    }
}
