import Events
public import Platform
import Synchronization

/// Requests by route and status, and how long they took. Routes and statuses are known beforehand: clients make no series.
public final class RequestMetrics: Sendable {
    private static let statuses = [
        200, 201, 204, 207, 304, 400, 401, 403, 404, 405, 408, 411, 413, 415, 422, 429, 431, 500, 503,
    ]
    /// What matches no route, or no status of the list.
    private static let other = "other"

    private let places: [String: Int]
    private let counts: [Cell]
    private let durations: Histogram

    private final class Cell: Sendable {
        let labels: String
        let count = Atomic<Int>(0)
        init(_ labels: String) { self.labels = labels }
    }

    public init(_ registry: MetricsRegistry, prefix: String = "cinelog_http", routes: [HTTPRoute]) {
        var paths: [String] = []
        for route in routes where !paths.contains(route.path) { paths.append(route.path) }
        paths.append(RequestMetrics.other)
        places = Dictionary(uniqueKeysWithValues: paths.enumerated().map { ($1, $0) })
        let names = RequestMetrics.statuses.map { "\($0)" } + [RequestMetrics.other]
        let counts = paths.flatMap { path in
            names.map { Cell("route=\"\(path)\",status=\"\($0)\"") }
        }
        self.counts = counts
        durations = registry.histogram(
            "\(prefix)_request_seconds", "From a request's first line to its answer being ready, all routes.")
        registry.total("\(prefix)_requests_total", "Requests by route and status.") {
            counts.compactMap {
                let count = $0.count.load(ordering: .relaxed)
                return count > 0 ? ($0.labels, Double(count)) : nil
            }
        }
    }

    public func observe(_ exchange: HTTPExchange?, status: Int, nanoseconds: UInt64) {
        let width = RequestMetrics.statuses.count + 1
        let row = exchange.flatMap { places[$0.routePath] } ?? places.count - 1
        let column = RequestMetrics.statuses.firstIndex(of: status) ?? width - 1
        counts[row * width + column].count.wrappingAdd(1, ordering: .relaxed)
        durations.observe(nanoseconds: nanoseconds)
    }
}

extension HTTPResponse {
    /// Metrics as Prometheus reads them (https://prometheus.io/docs/instrumenting/exposition_formats/).
    public init(metrics: String) {
        self.init(
            .ok, contentType: "text/plain; version=0.0.4; charset=utf-8", body: .buffer(ByteBuffer(metrics)))
    }
}
