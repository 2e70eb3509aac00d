import Glibc
import HTTPServer
import Platform
import Testing

@Suite struct AddressTests {
    /// A path for a socket in a folder of its own, gone after the test.
    private final class SocketPath {
        let folder: String
        var path: String { folder + "/http.sock" }

        init() {
            var template = Array("/tmp/cinelog-http-XXXXXX".utf8CString)
            folder = String(cString: mkdtemp(&template))
        }

        deinit {
            unlink(path)
            rmdir(folder)
        }

        var mode: mode_t {
            var status = stat()
            return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
        }
    }

    private func failure(_ address: HTTPAddress) -> String? {
        do {
            _ = try HTTPServer(
                options: HTTPServerOptions(address: address, threads: 1), routes: [],
                logger: Logger(source: "test", level: .error))
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `a Unix socket serves its owner alone`() throws {
        let socket = SocketPath()
        let test = try TestServer { $0.address = .unix(path: socket.path) }
        #expect(socket.mode == 0o600)
        let client = try SocketClient(unixPath: socket.path)
        for number in 0..<10 {
            client.send(Request.post("/later", "\(number)"))
            #expect(try client.reply().text == "\(number)")
        }
        #expect(test.port == 0)
    }

    @Test func `a socket's file that an earlier process left behind is replaced`() throws {
        let socket = SocketPath()
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.path.utf8) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(code == 0)
        close(descriptor)
        let test = try TestServer { $0.address = .unix(path: socket.path) }
        let client = try SocketClient(unixPath: socket.path)
        client.send(Request.get("/hello"))
        #expect(try client.reply().text == "hello")
        withExtendedLifetime(test) {}
    }

    @Test func `a socket that somebody serves is left alone`() throws {
        let socket = SocketPath()
        let test = try TestServer { $0.address = .unix(path: socket.path) }
        #expect(failure(.unix(path: socket.path))?.contains("another process") == true)
        let client = try SocketClient(unixPath: socket.path)
        client.send(Request.get("/hello"))
        #expect(try client.reply().text == "hello")
        withExtendedLifetime(test) {}
    }

    @Test func `a file that is no socket is left alone`() throws {
        let socket = SocketPath()
        let descriptor = open(socket.path, O_CREAT | O_WRONLY, 0o600)
        _ = write(descriptor, "kept", 4)
        close(descriptor)
        #expect(failure(.unix(path: socket.path))?.contains("no socket") == true)
        var status = stat()
        #expect(stat(socket.path, &status) == 0)
        #expect(status.st_size == 4)
    }

    @Test func `failures name the address and the reason`() throws {
        let test = try TestServer()
        #expect(
            failure(.tcp(host: "127.0.0.1", port: test.port))
                == "cannot listen on 127.0.0.1:\(test.port): Address already in use")
        #expect(failure(.tcp(host: "256.0.0.1", port: 0))?.contains("256.0.0.1 is no address") == true)
        let long = "/tmp/" + String(repeating: "x", count: 200)
        #expect(failure(.unix(path: long))?.contains("too long") == true)
        #expect(failure(.unix(path: "/nonexistent/folder/http.sock"))?.contains("No such file") == true)
    }

    @Test func `IPv6 works where the machine has it`() throws {
        guard failure(.tcp(host: "::1", port: 0)) == nil else { return }
        let test = try TestServer { $0.address = .tcp(host: "::1", port: 0) }
        #expect(test.port > 0)
    }
}
