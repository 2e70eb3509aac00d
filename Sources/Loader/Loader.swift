public import EventLog
import Events
public import Platform
public import Warehouse

/// Carries events from the log into the warehouse, each effectively once. One task a topic, on a thread of its own: a
/// topic that fails does not stop the others.
public final class Loader: Sendable {
    private let log: any EventLogReader
    private let warehouse: any Warehouse
    private let options: LoaderOptions
    private let logger: Logger
    public let metrics: LoaderMetrics

    public init(
        log: any EventLogReader, warehouse: any Warehouse, options: LoaderOptions, metrics: MetricsRegistry,
        logger: Logger
    ) {
        self.log = log
        self.warehouse = warehouse
        self.options = options
        self.metrics = LoaderMetrics(metrics)
        self.logger = logger
    }

    /// Loads until the task is cancelled; a batch under way is finished.
    public func run() async {
        let threads = EventKind.allCases.map { ThreadExecutor("load \($0.topic)") }
        await withTaskGroup(of: Void.self) { group in
            for (kind, thread) in zip(EventKind.allCases, threads) {
                let topic = TopicLoader(
                    kind: kind, log: log, warehouse: warehouse, options: options, metrics: metrics, logger: logger)
                group.addTask(executorPreference: thread) { await topic.run() }
            }
        }
        for thread in threads { thread.close() }
    }
}
