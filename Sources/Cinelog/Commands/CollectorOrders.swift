import Events
import Glibc
import HTTPClient

/// What the store orders of the collector on the same machine, over its private socket.
struct CollectorOrders {
    private static let timeoutMilliseconds = 15_000

    /// What a person asks to be erased of, and no order from here reaches.
    static let elsewhere =
        "messages in Kafka's topics go by their retention (KAFKA_RETENTION_MS); for each collector on another machine, "
        + "once its spool is sent (cinelog_kafka_spool_events 0), run cinelog scrub there and ask for this erasure again"

    private let dataFolder: String
    private var socket: String { Role.collectorSocket(dataFolder) }

    init(dataFolder: String) { self.dataFolder = dataFolder }

    /// Whether a collector works with this data folder, or has, and may have left lines in its spool.
    var hasCollector: Bool {
        access(socket, F_OK) == 0 || access(Role.spoolFolder(dataFolder), F_OK) == 0
    }

    /// Has the remains of loaded lines erased from the log's files. Nil: done; else what it waits for.
    func scrub() -> String? {
        let client = HTTPClient(timeoutMilliseconds: CollectorOrders.timeoutMilliseconds, unixSocket: socket)
        do throws(HTTPClientError) {
            let none = UnsafeRawBufferPointer(start: nil, count: 0)
            let answer = try client.request("POST", "http://collector/scrub", body: none)
            guard answer.status == 200 else { return "the collector, which answers \(answer.status) to POST /scrub" }
            return reason(answer.body)
        } catch {
            return "cinelog collect, which alone may change the log, and does not answer at \(socket)"
        }
    }

    private func reason(_ body: ByteBuffer) -> String? {
        let parser = JSONParser(capacityMax: 65_536, depthMax: 4)
        defer { withExtendedLifetime(parser) {} }
        guard let answer = try? parser.parse(copying: body.bytes, into: ByteBuffer()), let isDone = answer["done"]?.bool
        else { return "the collector, whose answer makes no sense" }
        return isDone ? nil : "the log: \(answer["reason"]?.string ?? "no reason given")"
    }
}
