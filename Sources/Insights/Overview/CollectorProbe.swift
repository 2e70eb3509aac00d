import Events
import HTTPClient

/// Asks the collector of this machine, over its private socket.
final class CollectorProbe: Sendable {
    private let socket: String
    private static let timeoutMilliseconds = 500

    init(socket: String) { self.socket = socket }

    var isUp: Bool { !metrics().isEmpty }

    /// The collector's metrics; "" when it does not answer.
    func metrics() -> String {
        get("/metrics") ?? ""
    }

    /// What custom events are checked against, as JSON; nil when the collector does not answer.
    func schemas() -> String? { get("/v1/schemas") }

    private func get(_ path: String) -> String? {
        let client = HTTPClient(timeoutMilliseconds: CollectorProbe.timeoutMilliseconds, unixSocket: socket)
        guard let answer = try? client.request("GET", "http://collector\(path)", headers: [], body: nil, gzip: false),
            answer.status == 200
        else { return nil }
        return answer.body.string
    }
}
