import Glibc
import TestSupport

/// The real nginx as deploy/nginx configures it, on free ports in front of a collector. The files that differ from site to site
/// (`site/`) are written for the test; the others are the deployed ones.
final class WebServer {
    /// What curl got.
    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: String
    }

    private static let name = "events.cinema.example"

    private let folder = Service.temporaryFolder()
    private let plainPort: Int
    private let port: Int
    private var pid: pid_t = 0

    /// - Parameters:
    ///   - collector: host and port of `cinelog collect`.
    ///   - rate: in the place of the deployed rate limit: one that a slow machine can exceed.
    init(collector: String, rate: String? = nil) throws {
        plainPort = try Service.freePort()
        port = try Service.freePort()
        try run("cp -r '\(Service.root)/deploy/nginx' nginx && chmod 755 . && mkdir nginx/secrets")
        try run(
            """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=\(Self.name) \
            -addext subjectAltName=DNS:\(Self.name) -keyout nginx/secrets/key.pem -out nginx/secrets/certificate.pem
            """)
        try run("sed -i 's#/tmp/cinelog-nginx#\(folder)/run#' nginx/nginx.conf")
        if let rate {
            try run("sed -i 's#rate=100r/s#rate=\(rate)#' nginx/limits.conf && grep -q '\(rate)' nginx/limits.conf")
        }
        try describeSite(collector)
        try run("/usr/sbin/nginx -t -e stderr -c '\(folder)/nginx/nginx.conf'")
        try start()
    }

    deinit {
        if pid > 0 {
            kill(pid, SIGTERM)
            waitpid(pid, nil, 0)
        }
        _ = Service.shell("rm -rf '\(folder)'")
    }

    /// One line of JSON for each request.
    var accessLog: String { Service.text(folder + "/access.log") }

    /// Sends a request by HTTPS to the server's name; `options` are curl's, each a word.
    func request(_ path: String, _ options: [String] = []) throws -> Answer {
        try answer(curl(options + ["--include", url + path]))
    }

    /// The same over plain HTTP.
    func plainRequest(_ path: String, _ options: [String] = []) throws -> Answer {
        try answer(curl(options + ["--include", "http://\(Self.name):\(plainPort)" + path]))
    }

    /// Sends the same request `count` times over a few connections; the statuses in the order of the answers.
    func statuses(_ path: String, count: Int, _ options: [String] = []) throws -> [Int] {
        let each = ["--write-out", "%{http_code}\n", "--output", "/dev/null"]
        let output = try curl(options + each + ["\(url)\(path)?[1-\(count)]"])
        return output.split(separator: "\n").compactMap { Int($0) }
    }

    private var url: String { "https://\(Self.name):\(port)" }

    private func describeSite(_ collector: String) throws {
        let edits = [
            "s#/run/secrets/tls_certificate#secrets/certificate.pem#; s#/run/secrets/tls_key#secrets/key.pem#":
                "certificate",
            "s#collect:8080#\(collector)#": "collectors",
            "s#listen 8080#listen 127.0.0.1:\(plainPort)#": "listen_http",
            "s#listen 8443#listen 127.0.0.1:\(port)#": "listen_*",
            "s#/dev/stdout cinelog .*#\(folder)/access.log cinelog;#": "log",
            // A test is the load balancer too.
            "s#^real_ip_header#set_real_ip_from 127.0.0.1;\\n&#": "real_ip",
        ]
        for (edit, file) in edits { try run("sed -i '\(edit)' nginx/site/\(file).conf") }
    }

    private func start() throws {
        let words = ["/usr/sbin/nginx", "-e", "stderr", "-c", folder + "/nginx/nginx.conf", "-g", "daemon off;"]
        pid = try Service.spawn(words, ["PATH": "/usr/sbin:/usr/bin:/bin"], output: folder + "/output.txt", in: folder)
        // Plain HTTP is answered by nginx itself, whatever the collector does.
        for _ in 0..<500 {
            if (try? plainRequest("/")) != nil { return }
            usleep(20_000)
        }
        throw Service.Failure(description: "nginx does not answer:\n\(Service.text(folder + "/output.txt"))")
    }

    private func run(_ command: String) throws {
        let done = Service.shell(command, in: folder)
        guard done.code == 0 else { throw Service.Failure(description: "\(command):\n\(done.output)") }
    }

    private func curl(_ options: [String]) throws -> String {
        let words = [
            "curl", "--silent", "--noproxy", "*", "--max-time", "60", "--cacert",
            folder + "/nginx/secrets/certificate.pem",
            "--resolve", "\(Self.name):\(port):127.0.0.1", "--resolve", "\(Self.name):\(plainPort):127.0.0.1",
        ]
        let line = (words + options).map { "'\($0)'" }.joined(separator: " ")
        let done = Service.shell(line, in: folder)
        guard done.code == 0 else { throw Service.Failure(description: "curl ended with \(done.code): \(done.output)") }
        return done.output
    }

    private func answer(_ text: String) throws -> Answer {
        let parts = text.components(between: "\r\n\r\n")
        let lines = parts.first.components(between: "\r\n")
        guard let status = Int(lines.first.split(separator: " ").dropFirst().first ?? "") else {
            throw Service.Failure(description: "no status line: \(text)")
        }
        var headers: [String: String] = [:]
        for line in lines.rest.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[colon...].dropFirst().drop { $0 == " " })
        }
        return Answer(status: status, headers: headers, body: parts.rest)
    }
}

extension String {
    /// What stands before `separator`, and what behind it; all and nothing where there is none.
    fileprivate func components(between separator: String) -> (first: String, rest: String) {
        let parts = split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : "")
    }
}
