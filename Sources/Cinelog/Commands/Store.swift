import Backup
import EventLog
import Insights
import Loader
import Platform
import Warehouse

/// What belongs to the side that holds the warehouse, opened and ready: the warehouse, the log's reading side, the loader, and the
/// operations on them. `cinelog store` loads and answers with it; a command that finds no store running uses it alone.
struct Store: Sendable {
    let warehouse: any Warehouse
    let log: any EventLogReader
    let loader: Loader
    let operations: [Operation]

    init(_ role: Role) throws {
        let folder = try role.dataDirectory()
        warehouse = try Store.openWarehouse(role, folder)
        log = try Store.openLog(role, folder)
        try Store.removeUnfinishedBackup(folder)
        let hold = LoadingHold()
        let logger = role.logger.named("loader")
        let forgetting = try Store.openForgetting(role, log, warehouse, hold, logger)
        loader = Loader(
            log: log, warehouse: warehouse, options: Store.loaderOptions(role.settings), hold: hold,
            forgetting: forgetting, metrics: role.metrics, logger: logger)
        operations = [
            .audit(log, warehouse, hold),
            .replay(
                warehouse, role.settings.eventLimits, schemas: role.settings[Declared.schemasDirectory],
                role.logger.named("schemas")),
            .forget(forgetting), .backup(folder, log, warehouse, hold, forgetting),
        ]
    }

    func close() {
        log.close()
        warehouse.close()
    }

    private static func openForgetting(
        _ role: Role, _ log: any EventLogReader, _ warehouse: any Warehouse, _ hold: LoadingHold, _ logger: Logger
    ) throws(StartError) -> Forgetting {
        let folder = role.settings[Declared.dataDirectory]
        let orders = CollectorOrders(dataFolder: folder)
        let hasKafka = role.settings.kafka != nil
        do {
            return try Forgetting(
                dataFolder: folder, log: log, warehouse: warehouse, hold: hold,
                // With Kafka the collector may well be on another machine: nothing here is its own then.
                scrubLog: { hasKafka && !orders.hasCollector ? nil : orders.scrub() },
                hasSpool: hasKafka, elsewhere: hasKafka ? CollectorOrders.elsewhere : nil, logger: logger)
        } catch {
            throw StartError("\(error)", exitCode: ExitCode.unavailable)
        }
    }

    private static func loaderOptions(_ settings: Settings) -> LoaderOptions {
        var options = LoaderOptions()
        options.eventsMax = settings[Declared.loadEventsMax]
        options.bytesMax = settings[Declared.loadBytesMax]
        options.ageMaxMilliseconds = settings[Declared.loadAgeMilliseconds]
        return options
    }

    /// What a process that was killed left of a backup.
    private static func removeUnfinishedBackup(_ folder: String) throws(StartError) {
        do {
            try UnfinishedBackup(dataFolder: folder).remove()
        } catch {
            throw StartError("\(error)", exitCode: ExitCode.unavailable)
        }
    }

    static func openWarehouse(_ role: Role, _ folder: String) throws(StartError) -> any Warehouse {
        if let options = role.settings.cluster { return try openCluster(role, options) }
        return try openEmbedded(role, folder)
    }

    static func openEmbedded(_ role: Role, _ folder: String) throws(StartError) -> any Warehouse {
        do {
            let warehouse = try EmbeddedWarehouse(
                folder: folder + "/warehouse", libraryPath: role.settings[Declared.libraryPath],
                options: options(role.settings), logger: role.logger.named("warehouse"), metrics: nil)
            try warehouse.migrate()
            return warehouse
        } catch {
            throw StartError("the warehouse in \(folder)/warehouse: \(error)", exitCode: ExitCode.unavailable)
        }
    }

    static func openCluster(_ role: Role, _ options: ClusterOptions) throws(StartError) -> any Warehouse {
        do {
            let warehouse = try ClusterWarehouse(options, logger: role.logger.named("warehouse"))
            try warehouse.migrate()
            return warehouse
        } catch {
            throw StartError("the ClickHouse cluster (CLICKHOUSE_NODES): \(error)", exitCode: ExitCode.unavailable)
        }
    }

    private static func options(_ settings: Settings) -> EmbeddedOptions {
        var options = EmbeddedOptions()
        options.retentionDays = settings[Declared.retentionDays]
        options.auditDays = settings[Declared.auditDays]
        options.memoryBytesMax = settings[Declared.warehouseMemoryBytesMax]
        return options
    }

    private static func openLog(_ role: Role, _ folder: String) throws(StartError) -> any EventLogReader {
        do {
            guard let kafka = role.settings.kafka else { return try SQLiteLogReader(directory: folder) }
            return try KafkaLogReader(kafka, metrics: role.metrics, logger: role.logger.named("log"))
        } catch {
            throw StartError("\(error)")
        }
    }
}
