import Glibc
import Platform
import TestSupport
import Testing

/// How `cinelog serve` deals with roles that will not start, and with orders to stop.
@Suite(.turn(.processes)) struct SupervisionTests {
    /// `cinelog serve`, whose roles need not come up.
    private final class Serve {
        let folder = Service.temporaryFolder()
        let port: Int
        private var pid: pid_t

        init(_ settings: [String: String]) throws {
            port = try Service.freePort()
            var environment = [
                "DATA_DIR": folder, "INGEST_LISTEN": "127.0.0.1:\(port)",
                "ADMIN_LISTEN": "127.0.0.1:\(try Service.freePort())", "PATH": "/usr/bin:/bin",
                "SWIFT_BACKTRACE": "enable=no",
            ]
            if let path = getenv("LD_LIBRARY_PATH") { environment["LD_LIBRARY_PATH"] = String(cString: path) }
            environment.merge(settings) { $1 }
            pid = try Service.spawn([Service.binary, "serve"], environment, output: folder + "/output.txt", in: folder)
        }

        deinit {
            if pid > 0 {
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
                usleep(100_000)
            }
            _ = Service.shell("rm -rf '\(folder)'")
        }

        var output: String { Service.text(folder + "/output.txt") }

        func send(_ signal: Int32) { kill(pid, signal) }

        /// The exit code; nil where it does not end in time.
        func end(within milliseconds: UInt64) -> Int32? {
            let deadline = Clock.monotonicMilliseconds() + milliseconds
            var status: Int32 = 0
            while Clock.monotonicMilliseconds() < deadline {
                if waitpid(pid, &status, WNOHANG) == pid {
                    pid = 0
                    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
                }
                usleep(10_000)
            }
            return nil
        }

        func wait(for text: String) -> Bool {
            let deadline = Clock.monotonicMilliseconds() + 30_000
            while Clock.monotonicMilliseconds() < deadline {
                if output.contains(text) { return true }
                usleep(10_000)
            }
            return false
        }
    }

    @Test func `A store that ends at once is started again with growing pauses, while the collector collects`() throws {
        let serve = try Serve(["CHDB_LIB_PATH": "/nonexistent"])
        for pause in ["200", "400", "800"] { #expect(serve.wait(for: "in_ms=\(pause)"), "\(serve.output)") }
        #expect(serve.output.contains("CHDB_LIB_PATH is /nonexistent") && serve.output.contains("cause=exit code 69"))
        #expect(!serve.output.contains("role=collect  cause="))
        #expect(serve.wait(for: "takes events"))
        serve.send(SIGINT)
        #expect(serve.end(within: 20_000) == 0)
    }

    @Test func `A setting that a role finds wrong ends everything with its words and exit code 78`() throws {
        let serve = try Serve(["JWT_PUBLIC_KEY": "nonsense"])
        #expect(serve.end(within: 60_000) == 78)
        #expect(serve.output.contains("JWT_PUBLIC_KEY") && !serve.output.contains("will be restarted"))
    }

    @Test func `A setting that is wrong by itself ends serve before anything starts`() throws {
        let serve = try Serve(["LOG_MAX_BYTES": "many"])
        #expect(serve.end(within: 60_000) == 78)
        #expect(serve.output.contains("LOG_MAX_BYTES=many"))
    }

    @Test func `A first SIGINT waits for running requests, a second one does not`() throws {
        let serve = try Serve(["DRAIN_MS": "600000", "REQUEST_TIMEOUT_MS": "600000", "CHDB_LIB_PATH": "/nonexistent"])
        #expect(serve.wait(for: "takes events"))
        let request = try HalfRequest(port: serve.port)
        serve.send(SIGINT)
        #expect(serve.wait(for: "stopping"))
        #expect(serve.end(within: 500) == nil)
        serve.send(SIGINT)
        #expect(serve.end(within: 20_000) == 1)
        request.close()
    }
}

/// A request on its way that never comes to its end.
private struct HalfRequest {
    private let socket: Int32

    init(port: Int) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        try #require(connected)
        let head = "POST /clicks/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        try #require(write(socket, head, head.utf8.count) == head.utf8.count)
        self.socket = socket
        // The server has read the head before the signal comes.
        usleep(100_000)
    }

    func close() { Glibc.close(socket) }
}
