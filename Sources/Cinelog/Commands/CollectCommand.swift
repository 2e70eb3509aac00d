import Collector
import EventLog
import Events
import Glibc
import HTTPServer
import Platform
import Schemas

/// `cinelog collect`: the role that takes events and makes them durable.
enum CollectCommand {
    static let command = Command(
        name: "collect", summary: "Takes events over HTTP and stores them durably in the event log.",
        help: """
            Takes events on INGEST_LISTEN, checks them, and answers 201 when they are on disk in DATA_DIR/log.sqlite, or, where
            KAFKA_BROKERS is set, acknowledged by Kafka (by the spool in DATA_DIR/spool while Kafka is away).
            Loading them into tables is `cinelog store`'s; both together are `cinelog serve`. Stops on SIGTERM after
            answering what was begun.
            """,
        options: [], run: { _ in try run() })

    private static func run() throws -> Int32 {
        var role = try Role("collect")
        Lifeline.watch()
        let folder = try role.dataDirectory()
        let log = try openLog(role, folder)
        warnOfProxies(role)
        let collector = try makeCollector(role, folder, log)
        let listen = role.settings[Declared.ingestListen]
        role.logger.info("takes events", ["url": listen.url(port: collector.port)])

        let signal = role.signals.wait()
        role.logger.info("stopping", ["signal": "\(signal)", "open_connections": "\(collector.connectionCount)"])
        collector.drain(milliseconds: role.settings[Declared.drainMilliseconds])
        log.close()
        role.logger.info("stopped")
        return ExitCode.success
    }

    /// On loopback it is a proxy that connects: without its word all viewers are one.
    private static func warnOfProxies(_ role: Role) {
        let settings = role.settings
        let limits = [Declared.ratePerAddress, Declared.connectionsPerAddressMax].filter { settings[$0] > 0 }
        guard !limits.isEmpty, settings[Declared.ingestListen].isLoopback, settings[Declared.trustedProxies].isEmpty
        else { return }
        role.logger.warning(
            "all that come through a proxy on this machine count as one address: name it in TRUSTED_PROXIES",
            ["settings": limits.map(\.name).joined(separator: ",")])
    }

    private static func openLog(_ role: Role, _ folder: String) throws(StartError) -> any EventLogWriter {
        let kafka = role.settings.kafka
        let logger = role.logger.named("log")
        var options = SQLiteLogOptions(directory: kafka == nil ? folder : Role.spoolFolder(folder)) { why in
            // Nothing is acknowledged from here on; a new process looks at the disk with fresh eyes.
            logger.error("the event log cannot be written: stopping", ["reason": why])
            _exit(ExitCode.inputOutput)
        }
        options.bytesMax = Int64(role.settings[Declared.logBytesMax])
        options.queueBytesMax = role.settings[Declared.logQueueBytesMax]
        do {
            guard let kafka else { return try SQLiteLogWriter(options, metrics: role.metrics, logger: logger) }
            return try KafkaLogWriter(kafka, spool: options, metrics: role.metrics, logger: logger)
        } catch {
            throw StartError("\(error)")
        }
    }

    private static func makeCollector(_ role: Role, _ folder: String, _ log: any EventLogWriter) throws(StartError)
        -> Collector
    {
        let settings = role.settings
        var options = CollectorOptions()
        options.origins = settings[Declared.corsOrigins]
        options.anonymousEvents = settings.takesAnonymousEvents
        options.bodyBytesMax = settings[Declared.bodyBytesMax]
        options.decodedBytesMax = settings[Declared.decodedBytesMax]
        options.batchEventsMax = settings[Declared.batchEventsMax]
        options.events = settings.eventLimits
        options.quarantine = quarantine(settings)
        options.rates = settings.rateLimits
        let schemas = SchemaRegistry(
            folder: settings[Declared.schemasDirectory], logger: role.logger.named("schemas"))
        schemas.watch()
        options.schemas = schemas
        let keys = settings[Declared.writeKeys]
        do {
            return try Collector(
                options: options, listen: server(settings),
                privately: HTTPServerOptions(
                    address: .unix(path: Role.collectorSocket(folder)), threads: 1),
                log: log, tokens: try tokens(settings), keys: keys.isEmpty ? nil : WriteKeys(keys),
                metrics: role.metrics, logger: role.logger)
        } catch let error as StartError {
            throw error
        } catch let error as HTTPServerError {
            throw StartError("\(error.message) (INGEST_LISTEN)")
        } catch {
            throw StartError("\(error)")
        }
    }

    private static func quarantine(_ settings: Settings) -> QuarantineOptions? {
        guard settings[Declared.quarantineRejected] else { return nil }
        var options = QuarantineOptions()
        options.eventsPerSecond = settings[Declared.quarantineEventsPerSecond]
        options.bytesPerSecond = settings[Declared.quarantineBytesPerSecond]
        return options
    }

    /// An answer to a batch fits in; of the documents, a part. Ten thousand clients that ask for them and do not read would otherwise take
    /// the kernel's memory (and the unit's, of which it is a part).
    private static let sendBufferBytes = 64 << 10

    private static func server(_ settings: Settings) -> HTTPServerOptions {
        let threads = settings[Declared.httpThreads]
        var options = HTTPServerOptions(
            address: settings[Declared.ingestListen],
            threads: threads > 0 ? threads : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2))
        options.connectionsMax = settings[Declared.connectionsMax]
        let perAddress = settings[Declared.connectionsPerAddressMax]
        options.connectionsPerClientMax = perAddress > 0 ? perAddress : nil
        options.headerBytesMax = settings[Declared.headerBytesMax]
        options.requestMilliseconds = settings[Declared.requestMilliseconds]
        options.sendBufferBytes = sendBufferBytes
        options.sendMilliseconds = settings[Declared.sendMilliseconds]
        options.idleMilliseconds = settings[Declared.idleMilliseconds]
        options.trustedProxies = TrustedProxies(settings[Declared.trustedProxies])
        options.bodyBytesInFlightMax = settings[Declared.bodyMemoryBytesMax]
        return options
    }

    /// Who may send; nil: nobody needs a token. Throws where the key cannot be read.
    static func tokens(_ settings: Settings) throws(StartError) -> TokenVerifier? {
        guard let key = settings[Declared.jwtPublicKey] else { return nil }
        do {
            return try TokenVerifier(
                publicKeyPEM: key, issuer: settings[Declared.jwtIssuer], audience: settings[Declared.jwtAudience])
        } catch {
            throw StartError("JWT_PUBLIC_KEY: \(error.message)")
        }
    }
}
