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
    /// For those who must see log and tables standing still.
    private let hold: LoadingHold
    /// Whose lines are not to be loaded.
    private let forgetting: Forgetting?

    public init(
        log: any EventLogReader, warehouse: any Warehouse, options: LoaderOptions, hold: LoadingHold = LoadingHold(),
        forgetting: Forgetting? = nil,
        metrics: MetricsRegistry, logger: Logger
    ) {
        self.log = log
        self.warehouse = warehouse
        self.options = options
        self.hold = hold
        self.forgetting = forgetting
        self.metrics = LoaderMetrics(metrics)
        self.logger = logger
    }

    /// Loads until the task is cancelled; a batch under way is finished.
    public func run() async {
        let erasing = ThreadExecutor("forgetting")
        let threads = Topic.allCases.map { ThreadExecutor("load \($0.name)") }
        await withTaskGroup(of: Void.self) { group in
            if let forgetting { group.addTask(executorPreference: erasing) { await forgetting.run() } }
            for (topic, thread) in zip(Topic.allCases, threads) {
                let loader = TopicLoader(
                    topic: topic, log: log, warehouse: warehouse, options: options, hold: hold,
                    forgetting: forgetting, metrics: metrics, logger: logger)
                group.addTask(executorPreference: thread) { await loader.run() }
            }
        }
        for thread in threads + [erasing] { thread.close() }
    }
}
