import Events
import HTTPClient
import Testing
import Warehouse

extension AnswerTests {
    @Suite struct AccessTests {
        static let protected = ["/metrics", "/v1/insights/overview", "/v1/sql?query=SELECT%201"]

        @Test func `Without a token, this machine may read by its own names only`() throws {
            let desk = try Desk()
            let port = "8081"
            let hosts: [(host: String, isLocal: Bool)] = [
                ("127.0.0.1", true), ("127.0.0.1:\(port)", true), ("localhost:\(port)", true), ("LocalHost", true),
                ("[::1]:\(port)", true), ("127.1.2.3:\(port)", true),
                ("cinema.example", false), ("127.0.0.1.cinema.example:\(port)", false), ("127.evil.example", false),
                ("localhost.evil.example", false), ("evil.example:127", false), ("[::2]:\(port)", false),
                ("[::1", false),
                ("10.0.0.1", false), ("127", false), ("1270.0.0.1", false),
            ]
            for (host, isLocal) in hosts {
                #expect(try desk.get("/metrics", [("Host", host)]).status == (isLocal ? 200 : 403), "\(host)")
            }
            for path in Self.protected {
                #expect(try desk.get(path).status == 200, "\(path)")
                #expect(try desk.get(path, [("Host", "evil.example")]).status == 403, "\(path)")
            }
        }

        @Test func `Without a token, pages of other origins may not read`() throws {
            let desk = try Desk()
            let own = "127.0.0.1:8081"
            for (origin, status) in [
                ("http://\(own)", 200), ("https://\(own)", 200), ("http://evil.example", 403), ("null", 403),
                ("http://127.0.0.1:3000", 403), ("http://localhost:8081", 403), ("http://127.0.0.1", 403),
                ("http://\(own).evil.example", 403),
            ] {
                #expect(try desk.get("/metrics", [("Host", own), ("Origin", origin)]).status == status, "\(origin)")
            }
            let refused = try desk.get("/metrics", [("Host", own), ("Origin", "null")])
            #expect(refused.header("Content-Type") == "application/json" && refused.body.string.contains("\"errors\""))
            #expect(refused.header("Access-Control-Allow-Origin") == nil)
        }

        @Test func `With a token, its bearer may read from anywhere, and nobody else`() throws {
            let token = "correct horse battery staple"
            let desk = try Desk(token: token)
            for path in Self.protected {
                for (header, status) in [
                    ("Bearer \(token)", 200), ("bearer \(token)", 200), ("Bearer \(token)x", 401),
                    ("Bearer \(token.dropLast())", 401), ("Bearer ", 401), ("Basic \(token)", 401), (token, 401),
                ] {
                    #expect(try desk.get(path, [("Authorization", header)]).status == status, "\(path) \(header)")
                }
                let none = try desk.get(path)
                #expect(none.status == 401 && none.header("WWW-Authenticate") == "Bearer")
                #expect(!none.body.string.contains(token))
                let elsewhere = [
                    ("Authorization", "Bearer \(token)"), ("Host", "admin.cinema.example"),
                    ("Origin", "https://a.example"),
                ]
                #expect(try desk.get(path, elsewhere).status == 200, "\(path)")
            }
        }

        @Test func `Health, readiness and the dashboard's files need no token`() throws {
            let desk = try Desk(token: "correct horse battery staple")
            for path in ["/healthz", "/readyz", "/"] { #expect(try desk.get(path).status == 200, "\(path)") }
            desk.warehouse.fail(.unavailable("away"))
            let ready = try desk.get("/readyz")
            #expect(ready.status == 503 && ready.body.string.contains("away"))
            #expect(try desk.get("/healthz").status == 200)
        }
    }
}
