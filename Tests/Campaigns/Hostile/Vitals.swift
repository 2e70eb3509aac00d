import Events
import HTTPClient
import Platform
import TestSupport

/// What a collector holds of the system's, looked at from outside.
struct Vitals {
    let descriptors: Int
    /// Resident bytes.
    let memory: Int
    /// What it counts as open itself.
    let connections: Int

    init(_ service: Service) throws {
        guard let pid = service.child("collect") else { throw Service.Failure(description: "there is no collector") }
        let listed = Service.shell("ls /proc/\(pid)/fd | wc -l").output
        descriptors = Int(listed.split(separator: "\n").first ?? "") ?? -1
        memory = Running.memory(pid)
        connections = try Vitals.connections(service)
    }

    /// From the collector itself: the store would be asked beside it.
    static func connections(_ service: Service) throws -> Int {
        let client = HTTPClient(timeoutMilliseconds: 30_000, unixSocket: service.folder + "/collect.sock")
        let text = try client.request("GET", "http://collector/metrics").body.string
        let line = text.split(separator: "\n").first { $0.hasPrefix("cinelog_http_connections ") }
        return line.flatMap { Int($0.split(separator: " ")[1]) } ?? -1
    }

    /// Files that are opened and closed beside connections: of the log, of the orders' socket.
    static let otherDescriptors = 8

    /// Waits until as few connections and descriptors are open as before.
    static func settled(_ service: Service, like before: Vitals, within milliseconds: UInt64 = 30_000) throws -> Vitals
    {
        _ = try holds(within: milliseconds) {
            let now = try Vitals(service)
            return now.connections <= before.connections && now.descriptors <= before.descriptors + otherDescriptors
        }
        return try Vitals(service)
    }
}
