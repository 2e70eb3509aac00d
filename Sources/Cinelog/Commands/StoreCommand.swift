import EventLog
import Events
import Glibc
import HTTPServer
import Insights
import Loader
import Platform
import Warehouse

/// `cinelog store`: the role that loads events into tables and answers questions about them.
enum StoreCommand {
    static let command = Command(
        name: "store", summary: "Loads events from the log into ClickHouse tables; dashboard, SQL, metrics.",
        help: """
            Loads what `cinelog collect` stored in DATA_DIR/log.sqlite (with KAFKA_BROKERS: in Kafka) into the tables in
            DATA_DIR/warehouse, and answers on ADMIN_LISTEN: dashboard, SQL, metrics. Stops on SIGTERM after the batch under way.
            """,
        options: [], run: { _ in try run() })

    private static let stopMilliseconds = 5_000

    private static func run() throws -> Int32 {
        Lifeline.giveWay()
        var role = try Role("store")
        Lifeline.watch()
        let store = try Store(role)
        let insights = try makeInsights(role, store)
        role.logger.info("answers", ["url": role.settings[Declared.adminListen].url(port: insights.port)])

        let loading = LoadingTask(store.loader)
        let copies = CopyRemoval(store.warehouse, role.metrics, role.logger.named("copies"))
        let signal = role.signals.wait()
        role.logger.info("stopping", ["signal": "\(signal)"])
        loading.cancel()
        copies.stop()
        insights.drain(milliseconds: stopMilliseconds)
        loading.join(waitingAtMost: stopMilliseconds)
        store.close()
        role.logger.info("stopped")
        return ExitCode.success
    }

    private static func makeInsights(_ role: Role, _ store: Store) throws(StartError) -> Insights {
        let settings = role.settings
        var options = InsightsOptions(
            adminToken: settings[Declared.adminToken],
            collectorSocket: Role.collectorSocket(settings[Declared.dataDirectory]))
        options.sqlLimits = QueryLimits(
            rowsMax: settings[Declared.sqlRowsMax], seconds: settings[Declared.sqlSeconds],
            memoryBytesMax: settings[Declared.sqlMemoryBytesMax])
        var listen = HTTPServerOptions(address: settings[Declared.adminListen], threads: 1)
        // A query may take its time before it answers.
        listen.answerMilliseconds = settings[Declared.sqlSeconds] * 1000 + 10_000
        do {
            return try Insights(
                options: options, listen: listen, warehouse: store.warehouse,
                operations: store.operations, backlog: { rows(store.loader.metrics.backlog) }, metrics: role.metrics,
                logger: role.logger)
        } catch {
            throw StartError("\(error.message) (ADMIN_LISTEN)")
        }
    }

    private static func rows(_ backlog: [Topic: Backlog]) -> [BacklogRow] {
        Topic.allCases.compactMap { topic in
            backlog[topic].map {
                BacklogRow(
                    topic: topic.name, events: $0.events, bytes: $0.bytes,
                    oldestAgeMilliseconds: $0.oldestAgeMilliseconds)
            }
        }
    }
}
