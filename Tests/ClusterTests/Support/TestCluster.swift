import Glibc
import HTTPClient
import Platform
import Synchronization
import TestSupport

/// ZooKeeper and four ClickHouse servers of Debian's, in the shape of deploy/clickhouse, on loopback, each a process of its own.
final class TestCluster: Sendable {
    static let password = "correct horse"

    let folder = Service.temporaryFolder()
    let nodes: [TestNode]
    let zooKeeper: TestProcess
    private let watch: Watch

    init() throws {
        watch = try Watch(folder)
        let zooKeeperPort = try Service.freePort()
        zooKeeper = try TestCluster.makeZooKeeper(folder, zooKeeperPort, watch)
        let ports = try (0..<4).map { _ in try TestNode.Ports() }
        let (folder, watch) = (folder, watch)
        nodes = try ports.indices.map { try TestNode($0 + 1, ports, zooKeeperPort, folder, watch) }
        try zooKeeper.start()
        for node in nodes { try node.process.start() }
        for node in nodes { try node.waitUntilReady() }
    }

    func stop() {
        for node in nodes { node.process.kill() }
        zooKeeper.kill()
        watch.end()
        _ = Service.shell("rm -rf '\(folder)'")
    }

    /// For a program that is to use it.
    var settings: [String: String] {
        [
            "CLICKHOUSE_NODES": nodes.map(\.url).joined(separator: ","), "CLICKHOUSE_CLUSTER": "cinelog",
            "CLICKHOUSE_USER": "cinelog", "CLICKHOUSE_PASSWORD": TestCluster.password,
        ]
    }

    /// As it was at first: every process up, no table.
    func reset() throws {
        try zooKeeper.start()
        for node in nodes { try node.process.start() }
        for node in nodes { try node.waitUntilReady() }
        for node in nodes { try node.waitUntilWritable() }
        for node in nodes {
            let names = try node.ask(
                "SELECT name FROM system.tables WHERE database = 'default' ORDER BY engine = 'View' DESC")
            for name in names.split(separator: "\n") { _ = try node.ask("DROP TABLE IF EXISTS `\(name)`") }
        }
    }

    private static func makeZooKeeper(_ folder: String, _ port: Int, _ watch: Watch) throws -> TestProcess {
        let home = folder + "/zookeeper"
        mkdir(home, 0o700)
        // A session's end, such as a killed node's, is noticed within 20 ticks at most.
        try write(
            """
            tickTime=150
            dataDir=\(home)
            clientPort=\(port)
            clientPortAddress=127.0.0.1
            admin.enableServer=false
            maxClientCnxns=0
            """, home + "/zoo.cfg")
        return TestProcess(
            [
                "java", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                "/usr/share/java/*:/etc/zookeeper/conf_example", "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                home + "/zoo.cfg",
            ], [:], home, watch)
    }

    static func write(_ text: String, _ path: String) throws {
        guard let file = fopen(path, "w") else { throw Service.Failure(description: "\(path) cannot be written") }
        fputs(text, file)
        fclose(file)
    }
}

/// A server's process, to be killed and started again.
final class TestProcess: Sendable {
    private let words: [String]
    private let environment: [String: String]
    private let folder: String
    private let watch: Watch
    private let pid = Mutex<pid_t>(0)

    init(_ words: [String], _ environment: [String: String], _ folder: String, _ watch: Watch) {
        self.words = words
        self.environment = environment.merging(["PATH": "/usr/sbin:/usr/bin:/bin"]) { $1 }
        self.folder = folder
        self.watch = watch
    }

    /// Does nothing where it runs.
    func start() throws {
        try pid.withLock { pid in
            guard pid == 0 else { return }
            pid = try Service.spawn(words, environment, output: folder + "/output.txt", in: folder)
            watch.add(pid)
        }
    }

    /// At once, as by a loss of power that the disk survives.
    func kill() {
        pid.withLock { pid in
            guard pid > 0 else { return }
            Glibc.kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            pid = 0
        }
    }

    /// Stops it, or lets it go on: it looks as if its machine hung.
    func signal(_ signal: Int32) { pid.withLock { if $0 > 0 { Glibc.kill($0, signal) } } }
}

/// Ends the servers when the test's process is gone, however it went: a shell whose input ends then.
///
/// `@unchecked Sendable`: the pipe is used under its own lock.
final class Watch: @unchecked Sendable {
    private let pipe: UnsafeMutablePointer<FILE>
    private let list: String

    init(_ folder: String) throws {
        list = folder + "/pids"
        let end = """
            cat >/dev/null; for pid in $(cat '\(folder)/pids'); do \
            grep -q '\(folder)' /proc/$pid/cmdline 2>/dev/null && kill -9 $pid; done; sleep 0.2; rm -rf '\(folder)'
            """
        // In a session of its own: Ctrl-C is not for it. Closed on exec: else a server would hold the pipe.
        guard let pipe = popen("trap '' INT TERM HUP; exec setsid sh -c \"\(end.replacing("$", with: "\\$"))\"", "we")
        else {
            throw Service.Failure(description: "no shell")
        }
        self.pipe = pipe
    }

    func add(_ pid: pid_t) { _ = Service.shell("echo \(pid) >>'\(list)'") }

    func end() { pclose(pipe) }
}
