import HTTPServer
import Platform

/// Every setting there is.
enum Declared {
    static let dataDirectory = Setting(
        "DATA_DIR", "./data", .general, .path, "Folder of the event log and the embedded warehouse.")
    static let logLevel = Setting<LogLevel>(
        "LOG_LEVEL", "info", .general, .choice, "Least level of the program's own log lines.")
    static let logFormat = Setting<LogFormat>(
        "LOG_FORMAT", "text", .general, .choice, "Form of the program's own log lines (on standard error).")

    static let ingestListen = Setting(
        "INGEST_LISTEN", "127.0.0.1:8080", .collecting, .address,
        "Address that takes events; the one to open to browsers.")
    static let corsOrigins = Setting(
        "CORS_ORIGINS", "*", .collecting, .origins,
        "Origins whose pages may send. With exact origins browsers may send cookies too; with * they may not.")
    static let jwtPublicKey = Setting(
        "JWT_PUBLIC_KEY", "", .collecting, .optionalText,
        "PEM public key (or several) of the tokens' issuer, RSA for RS256 or P-256 for ES256; \\n may stand for line ends."
    )
    static let jwtIssuer = Setting(
        "JWT_ISSUER", "", .collecting, .optionalText, "The iss that tokens must have, if set.")
    static let jwtAudience = Setting(
        "JWT_AUDIENCE", "", .collecting, .optionalText, "The aud that tokens must have, if set.")
    static let anonymousEvents = Setting(
        "ANONYMOUS_EVENTS", "", .collecting, .optionalFlag,
        "Take events without a token. Default: true without JWT_PUBLIC_KEY, false with it.")
    static let writeKeys = Setting(
        "WRITE_KEYS", "", .collecting, .list, secret: true,
        "Keys of which requests must bring one (X-Write-Key or ?key=), separated by commas; none: no key needed.")
    static let httpThreads = Setting(
        "HTTP_THREADS", "0", .collecting, .number(0...64), "Threads that serve HTTP; 0: half the cores, at least one.")
    static let drainMilliseconds = Setting(
        "DRAIN_MS", "10000", .collecting, .number(0...600_000),
        "How long running requests may take to finish after SIGTERM, ms.")

    static let bodyBytesMax = Setting(
        "BODY_MAX_BYTES", "1M", .limits, .bytes(1024...(64 << 20)), "Longest request body on the wire.")
    static let decodedBytesMax = Setting(
        "BODY_DECODED_MAX_BYTES", "8M", .limits, .bytes(1024...(64 << 20)), "Longest request body after gzip decoding.")
    static let eventBytesMax = Setting(
        "EVENT_MAX_BYTES", "64K", .limits, .bytes(1024...(1 << 20)), "Largest single event.")
    static let batchEventsMax = Setting(
        "BATCH_MAX_EVENTS", "2000", .limits, .number(1...100_000), "Most events in one batch.")
    static let jsonDepthMax = Setting(
        "JSON_MAX_DEPTH", "32", .limits, .number(4...128), "How deep an event's arrays and objects may be nested.")
    static let headerBytesMax = Setting(
        "HEADER_MAX_BYTES", "16K", .limits, .bytes(4096...(1 << 20)), "Longest request head.")
    static let requestMilliseconds = Setting(
        "REQUEST_TIMEOUT_MS", "10000", .limits, .number(100...600_000),
        "Time for a whole request to arrive, ms, however it drips.")
    static let idleMilliseconds = Setting(
        "KEEPALIVE_TIMEOUT_MS", "60000", .limits, .number(100...3_600_000),
        "How long a connection may be kept open between requests, ms.")
    static let connectionsMax = Setting(
        "CONNECTIONS_MAX", "10000", .limits, .number(1...100_000), "Open connections; more are refused.")
    static let bodyMemoryBytesMax = Setting(
        "BODY_MEMORY_MAX_BYTES", "64M", .limits, .bytes((1 << 20)...(16 << 30)),
        "Request bodies in memory, all requests together; past it 503.")

    static let logBytesMax = Setting(
        "LOG_MAX_BYTES", "10G", .log, .bytes((16 << 20)...(1 << 50)),
        "Disk space of the event log; past it 503, never a silent drop.")
    static let logQueueBytesMax = Setting(
        "LOG_QUEUE_MAX_BYTES", "32M", .log, .bytes((1 << 20)...(4 << 30)),
        "Events in memory waiting for the disk; past it 503.")

    static let loadEventsMax = Setting(
        "LOAD_MAX_EVENTS", "50000", .loading, .number(1...1_000_000), "Events that close a batch.")
    static let loadBytesMax = Setting(
        "LOAD_MAX_BYTES", "32M", .loading, .bytes((64 << 10)...(1 << 30)), "Bytes that close a batch.")
    static let loadAgeMilliseconds = Setting(
        "LOAD_MAX_AGE_MS", "500", .loading, .number(10...3_600_000), "Age of its oldest event that closes a batch, ms.")

    static let libraryPath = Setting(
        "CHDB_LIB_PATH", "", .warehouse, .optionalText,
        "The embedded ClickHouse's library (_chdb.abi3.so or libchdb.so) or its folder; empty: where ./dev setup put it."
    )
    static let retentionDays = Setting(
        "RETENTION_DAYS", "0", .warehouse, .number(0...36_500), "Days after which events are deleted; 0: never.")
    static let warehouseMemoryBytesMax = Setting(
        "WAREHOUSE_MAX_MEMORY_BYTES", "2G", .warehouse, .bytes((256 << 20)...(1 << 40)),
        "Memory that the embedded ClickHouse may use for one statement.")

    static let adminListen = Setting(
        "ADMIN_LISTEN", "127.0.0.1:8081", .admin, .address,
        "Address of the dashboard, SQL and metrics: private. Other than loopback, it needs ADMIN_TOKEN.")
    static let adminToken = Setting(
        "ADMIN_TOKEN", "", .admin, .optionalText, secret: true,
        "Token that the admin address demands (Authorization: Bearer), if set; at least 16 characters.")
    static let sqlRowsMax = Setting(
        "SQL_MAX_ROWS", "1000000", .admin, .number(1...1_000_000_000), "Most rows that a reader's SQL may return.")
    static let sqlSeconds = Setting(
        "SQL_TIMEOUT_S", "30", .admin, .number(1...3600), "Longest run of a reader's SQL, s.")
    static let sqlMemoryBytesMax = Setting(
        "SQL_MAX_MEMORY_BYTES", "1G", .admin, .bytes((16 << 20)...(1 << 40)), "Memory of a reader's SQL.")

    static let all: [any AnySetting] = [
        dataDirectory, logLevel, logFormat,
        ingestListen, corsOrigins, jwtPublicKey, jwtIssuer, jwtAudience, anonymousEvents, writeKeys, httpThreads,
        drainMilliseconds,
        bodyBytesMax, decodedBytesMax, eventBytesMax, batchEventsMax, jsonDepthMax, headerBytesMax,
        requestMilliseconds, idleMilliseconds, connectionsMax, bodyMemoryBytesMax,
        logBytesMax, logQueueBytesMax,
        loadEventsMax, loadBytesMax, loadAgeMilliseconds,
        libraryPath, retentionDays, warehouseMemoryBytesMax,
        adminListen, adminToken, sqlRowsMax, sqlSeconds, sqlMemoryBytesMax,
    ]

    /// Names of the published contract that this version cannot act on: better refused than ignored.
    static let notYet: [String: String] = [
        "KAFKA_BROKERS": "this version keeps its event log in SQLite: unset it",
        "CLICKHOUSE_NODES": "this version loads into the embedded ClickHouse: unset it",
    ]
}
