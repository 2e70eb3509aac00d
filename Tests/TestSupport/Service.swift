import Events
public import Glibc
public import HTTPClient
import Platform
import Synchronization

/// The real binary, started on free ports with a data folder of its own; stopped and removed at the end.
///
/// `@unchecked Sendable`: `pid` changes only between the calls of the one test that owns the service.
public final class Service: @unchecked Sendable {
    public let folder: String
    public let ingest: String
    public let admin: String
    public private(set) var pid: pid_t = 0
    private let environment: [String: String]
    private let role: String
    private let program: [String]

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public init(description: String) { self.description = description }
    }

    /// - Parameters:
    ///   - role: serve, collect or store.
    ///   - folder: an existing data folder; a new one, removed at the end, where nil.
    ///   - outputFolder: where it works and writes what it says; the data folder where nil.
    ///   - hasOwnGroup: it and its children are a process group of their own, to be killed in one go.
    ///   - program: the words that run cinelog, where not the plain binary: a tool and its options before it, say.
    ///   - starts: false: `start` or `launch` is called later.
    public init(
        _ role: String = "serve", _ settings: [String: String] = [:], folder: String? = nil,
        outputFolder: String? = nil, hasOwnGroup: Bool = false, program: [String] = [Service.binary],
        starts: Bool = true
    ) throws {
        self.role = role
        self.program = program
        self.hasOwnGroup = hasOwnGroup
        ownsFolder = folder == nil
        self.folder = folder ?? Service.temporaryFolder()
        self.outputFolder = outputFolder ?? self.folder
        let (first, second) = (try Service.freePort(), try Service.freePort())
        ingest = "http://127.0.0.1:\(first)"
        admin = "http://127.0.0.1:\(second)"
        var environment = [
            "DATA_DIR": self.folder, "INGEST_LISTEN": "127.0.0.1:\(first)", "ADMIN_LISTEN": "127.0.0.1:\(second)",
            "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no", "LOG_LEVEL": "debug",
        ]
        if let path = getenv("LD_LIBRARY_PATH") { environment["LD_LIBRARY_PATH"] = String(cString: path) }
        environment.merge(settings) { $1 }
        self.environment = environment
        if starts { try start() }
    }

    private let ownsFolder: Bool
    private let outputFolder: String
    private let hasOwnGroup: Bool

    /// Services that nobody has let go of when the tests end (one that is shared, in a global): ended then.
    private static let running: Mutex<[pid_t: String?]> = {
        atexit {
            for (pid, folder) in Service.running.withLock({ $0 }) {
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
                if let folder { _ = Service.shell("sleep 0.2; rm -rf '\(folder)'") }
            }
        }
        return Mutex([:])
    }()

    deinit {
        if pid > 0 {
            end(SIGKILL)
            // A killed supervisor's children end by themselves; the folder must outlive them.
            usleep(100_000)
        }
        if ownsFolder { _ = Service.shell("rm -rf '\(folder)'") }
    }

    /// The package's folder.
    public static let root: String = {
        var path = #filePath
        for _ in 0..<3 { path = String(path[..<path.lastIndex(of: "/")!]) }
        return path
    }()

    public static let binary = getenv("CINELOG_BINARY").map { String(cString: $0) } ?? root + "/.build/release/cinelog"

    // MARK: Life

    /// Starts the process (again) and waits until it answers.
    public func start() throws {
        try launch()
        try waitUntilReady()
    }

    /// Starts the process (again).
    public func launch() throws {
        let started = try Service.spawn(
            program + [role], environment, output: outputFolder + "/output.txt", in: outputFolder,
            ownGroup: hasOwnGroup)
        pid = started
        Service.running.withLock { $0[started] = .some(ownsFolder ? folder : nil) }
    }

    /// Waits until it takes events and answers queries.
    public func waitUntilReady() throws {
        for url in urls { try wait(url) }
    }

    private var urls: [String] {
        switch role {
        case "collect": [ingest]
        case "store": [admin]
        default: [ingest, admin]
        }
    }

    private func wait(_ url: String) throws {
        let deadline = Clock.monotonicMilliseconds() + 60_000
        let client = HTTPClient(timeoutMilliseconds: 2000)
        while true {
            if (try? client.request("GET", url + "/readyz"))?.status == 200 { return }
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                forget()
                throw Failure(description: "cinelog \(role) ended at once:\n\(output)")
            }
            guard Clock.monotonicMilliseconds() < deadline else {
                throw Failure(description: "cinelog \(role) does not answer at \(url):\n\(output)")
            }
            usleep(20_000)
        }
    }

    private func forget() {
        let ended = pid
        Service.running.withLock { _ = $0.removeValue(forKey: ended) }
        pid = 0
    }

    /// Sends SIGTERM and waits; answers the exit code.
    @discardableResult
    public func stop() -> Int32 { end(SIGTERM) }

    /// Sends a signal and waits for the end; the exit code, or 128 + the signal that ended it.
    @discardableResult
    public func end(_ signal: Int32) -> Int32 {
        guard pid > 0 else { return 0 }
        kill(signal == SIGKILL && hasOwnGroup ? -pid : pid, signal)
        return reap()
    }

    /// Waits for the end of a process that somebody else ended; its exit code, or 128 + the signal.
    @discardableResult
    public func reap() -> Int32 {
        guard pid > 0 else { return 0 }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        forget()
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    }

    /// Whether the process has ended by itself; it is reaped then.
    public var hasEnded: Bool {
        guard pid > 0 else { return true }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return false }
        forget()
        return true
    }

    /// The process of a role under `serve`.
    public func child(_ role: String) -> pid_t? {
        pid_t(Service.shell("pgrep -P \(pid) -f 'cinelog \(role)'").output.split(separator: "\n").first ?? "")
    }

    /// Runs another command of the binary with the same settings; its exit code and what it says.
    public func command(_ words: String...) -> (code: Int32, output: String) {
        let line = ([Service.binary] + words).map { "'\($0)'" }.joined(separator: " ")
        return Service.shell(line, in: outputFolder, environment: environment)
    }

    public var output: String { Service.text(outputFolder + "/output.txt") }

    // MARK: Talking to it

    public func post(
        _ path: String, _ body: String, type: String? = "application/json", headers: [(String, String)] = [],
        gzip: Bool = false
    ) throws -> HTTPClientResponse {
        try post(path, Array(body.utf8), type: type, headers: headers, gzip: gzip)
    }

    public func post(
        _ path: String, _ body: [UInt8], type: String? = "application/json", headers: [(String, String)] = [],
        gzip: Bool = false
    ) throws -> HTTPClientResponse {
        let client = HTTPClient(timeoutMilliseconds: 30_000)
        let typed = headers + [("Content-Type", type ?? "")]
        return try body.withUnsafeBytes {
            try client.request("POST", ingest + path, headers: typed, body: $0, gzip: gzip)
        }
    }

    public func get(_ url: String, headers: [(String, String)] = [], method: String = "GET") throws
        -> HTTPClientResponse
    {
        try HTTPClient(timeoutMilliseconds: 30_000).request(method, url, headers: headers)
    }

    /// A statement's answer by /v1/sql.
    public func sql(_ statement: String, headers: [(String, String)] = []) throws -> HTTPClientResponse {
        try Array(statement.utf8).withUnsafeBytes {
            try HTTPClient(timeoutMilliseconds: 60_000).request("POST", admin + "/v1/sql", headers: headers, body: $0)
        }
    }

    /// A statement's rows as text, tabs between columns.
    public func rows(_ statement: String) throws -> [String] {
        let answer = try sql(statement + " FORMAT TSV")
        guard answer.status == 200 else { throw Failure(description: "\(statement): \(answer.body.string)") }
        return answer.body.string.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }

    /// Asks until the rows are as expected, or the time is over; answers the last rows.
    public func rows(_ statement: String, within milliseconds: UInt64, until good: ([String]) -> Bool) throws
        -> [String]
    {
        let deadline = Clock.monotonicMilliseconds() + milliseconds
        while true {
            let rows = try rows(statement)
            if good(rows) || Clock.monotonicMilliseconds() >= deadline { return rows }
            usleep(20_000)
        }
    }

    /// How many rows of a table, once there are `count` or ten seconds are over.
    public func count(_ table: String, reaching count: Int, within milliseconds: UInt64 = 10_000) throws -> Int {
        let rows = try rows("SELECT count() FROM \(table)", within: milliseconds) { Int($0.first ?? "") ?? 0 >= count }
        return Int(rows.first ?? "") ?? -1
    }

    // MARK: The system

    public static func temporaryFolder() -> String {
        var template = Array("/tmp/cinelog-test-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "no temporary folder")
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    public static func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = fread(&chunk, 1, chunk.count, file)
            bytes += chunk[..<got]
            if got < chunk.count { return String(decoding: bytes, as: UTF8.self) }
        }
    }

    /// Runs a shell command; its exit code, standard output and error.
    public static func shell(_ command: String, in folder: String? = nil, environment: [String: String] = [:]) -> (
        code: Int32, output: String
    ) {
        let path = "/tmp/cinelog-shell-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(path) }
        var variables = environment
        if variables["PATH"] == nil {
            variables["PATH"] = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        }
        guard let pid = try? spawn(["/bin/sh", "-c", command], variables, output: path, in: folder ?? root) else {
            return (-1, "")
        }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return (status >> 8 & 0xFF, text(path))
    }

    /// Files below a folder that hold what the pattern of grep finds, in whatever case. The service may be at work there: a file that goes
    /// while it is read could have become another one, so everything is read again until nothing went.
    public static func files(holding pattern: String, below folder: String) -> [String] {
        while true {
            let found = shell("grep -rlais --exclude=output.txt '\(pattern)' '\(folder)'")
            if found.code < 2 { return found.output.split(separator: "\n").map(String.init) }
            precondition(access(folder, R_OK) == 0, "\(folder) cannot be read")
        }
    }

    /// - Parameter ownGroup: the process begins a process group.
    public static func spawn(
        _ words: [String], _ environment: [String: String], output: String, in folder: String, ownGroup: Bool = false
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | (ownGroup ? POSIX_SPAWN_SETPGROUP : 0)))
        // The shell goes into the folder and becomes the program: same process.
        let arguments = (["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + words).map { strdup($0) }
        let variables = environment.map { strdup("\($0)=\($1)") }
        defer { for text in arguments + variables { free(text) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments + [nil], variables + [nil])
        guard code == 0 else { throw Failure(description: "\(words[0]): \(String(cString: strerror(code)))") }
        return pid
    }

    /// A port that nobody listens on just now, of those that the kernel gives to nobody's outgoing connections: a service that is
    /// restarted finds it free again.
    public static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 10_240..<32_768)
            if isFree(port) { return port }
        }
        throw Failure(description: "no free port")
    }

    private static func isFree(_ port: Int) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
