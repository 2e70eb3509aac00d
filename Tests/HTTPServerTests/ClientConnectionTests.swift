import HTTPServer
import Testing

@Suite struct ClientConnectionTests {
    private func server(_ max: Int?, trusted: [String] = []) throws -> TestServer {
        try TestServer {
            $0.threads = 1
            $0.connectionsPerClientMax = max
            $0.trustedProxies = TrustedProxies(trusted.map { NetworkBlock($0)! })
        }
    }

    /// Whether the server answers; else it has closed the connection without a word.
    private func isServed(_ client: SocketClient) throws -> Bool {
        client.send(Request.get("/hello"))
        return client.replyOrEnd()?.status == 200
    }

    @Test func `a client has as many connections as it may, and another when one has gone`() throws {
        let test = try server(5)
        var clients = try (0..<5).map { _ in try test.client() }
        for client in clients { #expect(try isServed(client)) }
        for _ in 0..<20 { #expect(try !isServed(test.client())) }
        #expect(test.server.refusedConnections == 20)
        // Those that are there go on.
        for client in clients { #expect(try isServed(client)) }
        clients.removeLast()
        #expect(eventually { test.server.connectionCount == 4 })
        let next = try test.client()
        #expect(try isServed(next))
        #expect(try !isServed(test.client()))
        withExtendedLifetime((clients, next)) {}
    }

    @Test func `proxies are not counted, and without a bound nobody is`() throws {
        for test in [try server(2, trusted: ["127.0.0.0/8"]), try server(nil)] {
            let clients = try (0..<50).map { _ in try test.client() }
            for client in clients { #expect(try isServed(client)) }
            #expect(test.server.refusedConnections == 0)
        }
    }
}
