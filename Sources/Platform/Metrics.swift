import Synchronization

/// Metrics in memory, rendered in the Prometheus text format
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). Each is declared once, where it is measured,
/// with its name, help and unit; the registry keeps them in order of declaration.
public final class MetricsRegistry: Sendable {
    private let families = Mutex<[any MetricFamily]>([])

    public init() {}

    public func counter(_ name: String, _ help: String) -> Counter {
        register(Counter(name: name, help: help))
    }

    /// A counter per value of its labels. `labels` are fixed: `values` for one series each.
    public func counters(_ name: String, _ help: String, label: String, values: [String]) -> LabelledCounters {
        register(LabelledCounters(name: name, help: help, label: label, values: values))
    }

    /// A value read when the metrics are asked for: one series per (label values) that `read` answers.
    public func gauge(
        _ name: String, _ help: String, read: @escaping @Sendable () -> [(labels: String, value: Double)]
    ) {
        _ = register(Gauge(name: name, help: help, kind: "gauge", read: read))
    }

    /// As `gauge`, for a total that only grows and is counted elsewhere.
    public func total(
        _ name: String, _ help: String, read: @escaping @Sendable () -> [(labels: String, value: Double)]
    ) {
        _ = register(Gauge(name: name, help: help, kind: "counter", read: read))
    }

    /// `buckets`: upper bounds in seconds, ascending.
    public func histogram(_ name: String, _ help: String, buckets: [Double] = Histogram.latencyBuckets) -> Histogram {
        register(Histogram(name: name, help: help, buckets: buckets))
    }

    public func render() -> String {
        let families = families.withLock { $0 }
        return families.map { $0.render() }.joined()
    }

    private func register<Family: MetricFamily>(_ family: Family) -> Family {
        families.withLock { $0.append(family) }
        return family
    }
}

protocol MetricFamily: Sendable {
    func render() -> String
}

func header(_ name: String, _ help: String, _ kind: String) -> String {
    "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
}

/// `1` rather than `1.0`: what people and diff tools expect.
func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
}

public final class Counter: MetricFamily {
    let name: String
    let help: String
    private let count = Atomic<Int>(0)

    init(name: String, help: String) {
        self.name = name
        self.help = help
    }

    public var value: Int { count.load(ordering: .relaxed) }
    public func add(_ n: Int = 1) { count.wrappingAdd(n, ordering: .relaxed) }

    func render() -> String { header(name, help, "counter") + "\(name) \(value)\n" }
}

/// Counters by one label whose values are known beforehand, so that clients cannot make series.
public final class LabelledCounters: MetricFamily {
    let name: String
    let help: String
    let label: String
    let values: [String]
    private let counts: [Cell]

    private final class Cell: Sendable { let count = Atomic<Int>(0) }

    init(name: String, help: String, label: String, values: [String]) {
        self.name = name
        self.help = help
        self.label = label
        self.values = values
        self.counts = values.map { _ in Cell() }
    }

    public func add(_ n: Int = 1, at index: Int) { counts[index].count.wrappingAdd(n, ordering: .relaxed) }
    public func value(at index: Int) -> Int { counts[index].count.load(ordering: .relaxed) }

    func render() -> String {
        header(name, help, "counter")
            + zip(values, counts).map { "\(name){\(label)=\"\($0)\"} \($1.count.load(ordering: .relaxed))\n" }.joined()
    }
}

final class Gauge: MetricFamily {
    let name: String
    let help: String
    let kind: String
    let read: @Sendable () -> [(labels: String, value: Double)]

    init(name: String, help: String, kind: String, read: @escaping @Sendable () -> [(labels: String, value: Double)]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.read = read
    }

    func render() -> String {
        let series = read()
        guard !series.isEmpty else { return "" }
        return header(name, help, kind)
            + series.map { "\(name)\($0.labels.isEmpty ? "" : "{\($0.labels)}") \(number($0.value))\n" }.joined()
    }
}

/// Counts of observations by upper bound, in seconds.
public final class Histogram: MetricFamily {
    public static let latencyBuckets: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    let name: String
    let help: String
    let buckets: [Double]
    private let counts: [Cell]
    private let nanoseconds = Atomic<UInt64>(0)

    private final class Cell: Sendable { let count = Atomic<Int>(0) }

    init(name: String, help: String, buckets: [Double]) {
        self.name = name
        self.help = help
        self.buckets = buckets
        self.counts = (0...buckets.count).map { _ in Cell() }
    }

    public func observe(nanoseconds value: UInt64) {
        let seconds = Double(value) / 1e9
        var index = 0
        while index < buckets.count, seconds > buckets[index] { index += 1 }
        counts[index].count.wrappingAdd(1, ordering: .relaxed)
        nanoseconds.wrappingAdd(value, ordering: .relaxed)
    }

    func render() -> String {
        var text = header(name, help, "histogram")
        var total = 0
        for (index, cell) in counts.enumerated() {
            total += cell.count.load(ordering: .relaxed)
            let bound = index < buckets.count ? number(buckets[index]) : "+Inf"
            text += "\(name)_bucket{le=\"\(bound)\"} \(total)\n"
        }
        text += "\(name)_sum \(Double(nanoseconds.load(ordering: .relaxed)) / 1e9)\n\(name)_count \(total)\n"
        return text
    }
}
