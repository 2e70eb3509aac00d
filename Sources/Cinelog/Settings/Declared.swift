package import HTTPServer
package import Platform

/// Every setting there is.
package enum Declared {
    package static let dataDirectory = Setting(
        "DATA_DIR", "./data", .general, .path, "Folder of the event log and the embedded warehouse.")
    package static let logLevel = Setting<LogLevel>(
        "LOG_LEVEL", "info", .general, .choice, "Least level of the program's own log lines.")
    package static let logFormat = Setting<LogFormat>(
        "LOG_FORMAT", "text", .general, .choice, "Form of the program's own log lines (on standard error).")

    package static let ingestListen = Setting(
        "INGEST_LISTEN", "127.0.0.1:8080", .collecting, .address,
        "Address that takes events; the one to open to browsers.")
    package static let corsOrigins = Setting(
        "CORS_ORIGINS", "*", .collecting, .origins,
        "Origins whose pages may send. With exact origins browsers may send cookies too; with * they may not.")
    package static let jwtPublicKey = Setting(
        "JWT_PUBLIC_KEY", "", .collecting, .optionalText,
        "PEM public key (or several) of the tokens' issuer, RSA for RS256 or P-256 for ES256; \\n may stand for line ends."
    )
    package static let jwtIssuer = Setting(
        "JWT_ISSUER", "", .collecting, .optionalText, "The iss that tokens must have, if set.")
    package static let jwtAudience = Setting(
        "JWT_AUDIENCE", "", .collecting, .optionalText, "The aud that tokens must have, if set.")
    package static let anonymousEvents = Setting(
        "ANONYMOUS_EVENTS", "", .collecting, .optionalFlag,
        "Take events without a token. Default: true without JWT_PUBLIC_KEY, false with it.")
    package static let writeKeys = Setting(
        "WRITE_KEYS", "", .collecting, .list, secret: true,
        "Keys of which requests must bring one (X-Write-Key or ?key=), separated by commas; none: no key needed.")
    package static let trustedProxies = Setting(
        "TRUSTED_PROXIES", "", .collecting, .networks,
        "Proxies of your own in front of INGEST_LISTEN, whose X-Forwarded-For is believed about a client's address (for the rate limits); none: the connection's own address counts."
    )
    package static let quarantineRejected = Setting(
        "QUARANTINE_REJECTED", "false", .collecting, .flag,
        "Keep events that fail their checks (400, 422) in the table quarantine, for `cinelog replay`.")
    package static let quarantineEventsPerSecond = Setting(
        "QUARANTINE_EVENTS_PER_S", "200", .collecting, .number(1...1_000_000),
        "Of these, how many are kept each second; 100 s of it in a burst. The others are counted.")
    package static let quarantineBytesPerSecond = Setting(
        "QUARANTINE_BYTES_PER_S", "128K", .collecting, .bytes(1024...(1 << 30)),
        "And how many bytes; 100 s of it in a burst.")
    package static let schemasDirectory = Setting(
        "SCHEMAS_DIR", "./schemas", .collecting, .path,
        "Folder of JSON Schemas for custom events, as name/version.json; read again when it changes.")
    package static let httpThreads = Setting(
        "HTTP_THREADS", "0", .collecting, .number(0...64), "Threads that serve HTTP; 0: half the cores, at least one.")
    package static let drainMilliseconds = Setting(
        "DRAIN_MS", "10000", .collecting, .number(0...600_000),
        "How long running requests may take to finish after SIGTERM, ms.")

    package static let bodyBytesMax = Setting(
        "BODY_MAX_BYTES", "1M", .limits, .bytes(1024...(64 << 20)), "Longest request body on the wire.")
    package static let decodedBytesMax = Setting(
        "BODY_DECODED_MAX_BYTES", "8M", .limits, .bytes(1024...(64 << 20)), "Longest request body after gzip decoding.")
    package static let eventBytesMax = Setting(
        "EVENT_MAX_BYTES", "64K", .limits, .bytes(1024...(1 << 20)), "Largest single event.")
    package static let batchEventsMax = Setting(
        "BATCH_MAX_EVENTS", "2000", .limits, .number(1...100_000), "Most events in one batch.")
    package static let jsonDepthMax = Setting(
        "JSON_MAX_DEPTH", "32", .limits, .number(4...128), "How deep an event's arrays and objects may be nested.")
    package static let headerBytesMax = Setting(
        "HEADER_MAX_BYTES", "16K", .limits, .bytes(4096...(1 << 20)), "Longest request head.")
    package static let requestMilliseconds = Setting(
        "REQUEST_TIMEOUT_MS", "10000", .limits, .number(100...600_000),
        "Time for a whole request to arrive, ms, however it drips.")
    package static let sendMilliseconds = Setting(
        "SEND_TIMEOUT_MS", "60000", .limits, .number(100...3_600_000),
        "Time for a client to read an answer, ms; a stream's next part.")
    package static let idleMilliseconds = Setting(
        "KEEPALIVE_TIMEOUT_MS", "60000", .limits, .number(100...3_600_000),
        "How long a connection may be kept open between requests, ms.")
    package static let connectionsMax = Setting(
        "CONNECTIONS_MAX", "10000", .limits, .number(1...100_000), "Open connections; more are refused.")
    package static let connectionsPerAddressMax = Setting(
        "CONNECTIONS_MAX_PER_ADDRESS", "0", .limits, .number(0...100_000),
        "Of these, from one address (IPv6: one /64; TRUSTED_PROXIES are not counted); more are closed at once. 0: as many as there are."
    )
    package static let bodyMemoryBytesMax = Setting(
        "BODY_MEMORY_MAX_BYTES", "64M", .limits, .bytes((1 << 20)...(16 << 30)),
        "Request bodies in memory, all requests together; past it 503.")
    package static let ratePerAddress = Setting(
        "RATE_LIMIT_PER_ADDRESS", "0", .limits, .number(0...1_000_000),
        "Events a second from one address (IPv6: one /64); past it 429. A request counts as one at least. 0: as many as come. Behind a proxy it needs TRUSTED_PROXIES."
    )
    package static let ratePerKey = Setting(
        "RATE_LIMIT_PER_KEY", "0", .limits, .number(0...1_000_000),
        "The same of all who send with one of the WRITE_KEYS; 0: as many as come.")
    package static let ratePerUser = Setting(
        "RATE_LIMIT_PER_USER", "0", .limits, .number(0...1_000_000),
        "The same of one user, by the token; 0: as many as come.")
    package static let rateBurstSeconds = Setting(
        "RATE_LIMIT_BURST_S", "10", .limits, .number(1...3600),
        "How many seconds' worth of these rates may come at once.")

    package static let logBytesMax = Setting(
        "LOG_MAX_BYTES", "10G", .log, .bytes((16 << 20)...(1 << 50)),
        "Disk space of the event log (with Kafka: of its spool); past it 503, never a silent drop.")
    package static let logQueueBytesMax = Setting(
        "LOG_QUEUE_MAX_BYTES", "32M", .log, .bytes((1 << 20)...(4 << 30)),
        "Events in memory waiting for the disk, or for brokers; past it 503.")

    package static let kafkaBrokers = Setting(
        "KAFKA_BROKERS", "", .kafka, .optionalText,
        "Brokers (host:port, separated by commas) of the Kafka that keeps the event log; empty: SQLite in DATA_DIR keeps it."
    )
    package static let kafkaPartitions = Setting(
        "KAFKA_NUM_PARTITIONS", "3", .kafka, .number(1...10_000), "Partitions that a topic is made with.")
    package static let kafkaReplicationFactor = Setting(
        "KAFKA_REPLICATION_FACTOR", "3", .kafka, .number(1...100), "Copies that a topic is made with.")
    package static let kafkaRetentionMilliseconds = Setting(
        "KAFKA_RETENTION_MS", "86400000", .kafka, .number(60_000...31_536_000_000),
        "How long brokers keep events, ms: longer than loading may ever lag.")
    package static let kafkaMinInsyncReplicas = Setting(
        "KAFKA_MIN_INSYNC_REPLICAS", "2", .kafka, .number(1...100),
        "Copies that must have an event before it is acknowledged.")
    package static let kafkaTopicPrefix = Setting(
        "KAFKA_TOPIC_PREFIX", "", .kafka, .optionalText, "Stands before the topics' names, where the cluster is shared."
    )
    package static let kafkaGroup = Setting(
        "KAFKA_GROUP", "cinelog", .kafka, .text,
        "The consumer groups of `store` are called so, with -<topic> behind it.")
    package static let kafkaCompression = Setting<KafkaCompression>(
        "KAFKA_COMPRESSION", "lz4", .kafka, .choice, "How messages are compressed.")
    package static let kafkaLingerMilliseconds = Setting(
        "KAFKA_LINGER_MS", "1", .kafka, .number(0...1000), "How long an event may wait for others to be sent with, ms.")
    package static let kafkaAcknowledgeMilliseconds = Setting(
        "KAFKA_ACKNOWLEDGE_MS", "3000", .kafka, .number(100...60_000),
        "How long brokers may take to acknowledge an event before it goes to the spool in DATA_DIR/spool, ms.")
    package static let kafkaSecurityProtocol = Setting<KafkaSecurityProtocol>(
        "KAFKA_SECURITY_PROTOCOL", "plaintext", .kafka, .choice, "How brokers are spoken to.")
    package static let kafkaSaslMechanism = Setting(
        "KAFKA_SASL_MECHANISM", "", .kafka, .optionalText, "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or GSSAPI.")
    package static let kafkaSaslUsername = Setting(
        "KAFKA_SASL_USERNAME", "", .kafka, .optionalText, "User name for PLAIN and SCRAM.")
    package static let kafkaSaslPassword = Setting(
        "KAFKA_SASL_PASSWORD", "", .kafka, .optionalText, secret: true, "Password for PLAIN and SCRAM.")
    package static let kafkaCaLocation = Setting(
        "KAFKA_SSL_CA_LOCATION", "", .kafka, .optionalText,
        "File or folder of the authorities that vouch for the brokers; empty: the system's.")
    package static let kafkaCertificateLocation = Setting(
        "KAFKA_SSL_CERTIFICATE_LOCATION", "", .kafka, .optionalText, "File (PEM) of this client's certificate.")
    package static let kafkaKeyLocation = Setting(
        "KAFKA_SSL_KEY_LOCATION", "", .kafka, .optionalText, "File (PEM) of its private key.")
    package static let kafkaKeyPassword = Setting(
        "KAFKA_SSL_KEY_PASSWORD", "", .kafka, .optionalText, secret: true, "What that key is encrypted with.")

    package static let loadEventsMax = Setting(
        "LOAD_MAX_EVENTS", "50000", .loading, .number(1...1_000_000), "Events that close a batch.")
    package static let loadBytesMax = Setting(
        "LOAD_MAX_BYTES", "32M", .loading, .bytes((64 << 10)...(1 << 30)), "Bytes that close a batch.")
    package static let loadAgeMilliseconds = Setting(
        "LOAD_MAX_AGE_MS", "500", .loading, .number(10...3_600_000), "Age of its oldest event that closes a batch, ms.")

    package static let libraryPath = Setting(
        "CHDB_LIB_PATH", "", .warehouse, .optionalText,
        "The embedded ClickHouse's library (_chdb.abi3.so or libchdb.so) or its folder; empty: where ./dev setup put it."
    )
    package static let retentionDays = Setting(
        "RETENTION_DAYS", "0", .warehouse, .number(0...10_000), "Days after which events are deleted; 0: never.")
    package static let auditDays = Setting(
        "AUDIT_DAYS", "90", .warehouse, .number(0...10_000),
        "Days that the ledger goes back, by which `cinelog audit` proves that no event is missing; 0: as far as there are events."
    )
    package static let warehouseMemoryBytesMax = Setting(
        "WAREHOUSE_MAX_MEMORY_BYTES", "2G", .warehouse, .bytes((256 << 20)...(1 << 40)),
        "Memory that the embedded ClickHouse may use for one statement.")

    package static let clickhouseNodes = Setting(
        "CLICKHOUSE_NODES", "", .cluster, .servers,
        "Every node of the ClickHouse cluster that keeps the tables (http://host:8123, separated by commas, in the order of its shards and replicas); none: the embedded ClickHouse keeps them."
    )
    package static let clickhouseCluster = Setting(
        "CLICKHOUSE_CLUSTER", "cinelog", .cluster, .text, "The cluster's name in the nodes' remote_servers.")
    package static let clickhouseUser = Setting("CLICKHOUSE_USER", "default", .cluster, .text, "User to come as.")
    package static let clickhousePassword = Setting(
        "CLICKHOUSE_PASSWORD", "", .cluster, .optionalText, secret: true, "That user's password.")
    package static let clickhouseAuthoritiesFile = Setting(
        "CLICKHOUSE_CA_FILE", "", .cluster, .optionalText,
        "File (PEM) of the authorities that vouch for nodes of https; empty: the system's.")
    package static let clickhouseTimeoutMilliseconds = Setting(
        "CLICKHOUSE_TIMEOUT_MS", "60000", .cluster, .number(1000...3_600_000),
        "How long a node may take for a statement of the program's own, ms; then the next node is tried.")

    package static let adminListen = Setting(
        "ADMIN_LISTEN", "127.0.0.1:8081", .admin, .address,
        "Address of the dashboard, SQL and metrics: private. Other than loopback, it needs ADMIN_TOKEN.")
    package static let adminToken = Setting(
        "ADMIN_TOKEN", "", .admin, .optionalText, secret: true,
        "Token that the admin address demands (Authorization: Bearer), if set; at least 16 characters.")
    package static let sqlRowsMax = Setting(
        "SQL_MAX_ROWS", "1000000", .admin, .number(1...1_000_000_000), "Most rows that a reader's SQL may return.")
    package static let sqlSeconds = Setting(
        "SQL_TIMEOUT_S", "30", .admin, .number(1...3600), "Longest run of a reader's SQL, s.")
    package static let sqlMemoryBytesMax = Setting(
        "SQL_MAX_MEMORY_BYTES", "1G", .admin, .bytes((16 << 20)...(1 << 40)), "Memory of a reader's SQL.")

    package static let all: [any AnySetting] = [
        dataDirectory, logLevel, logFormat,
        ingestListen, corsOrigins, jwtPublicKey, jwtIssuer, jwtAudience, anonymousEvents, writeKeys,
        trustedProxies,
        quarantineRejected, quarantineEventsPerSecond, quarantineBytesPerSecond, schemasDirectory, httpThreads,
        drainMilliseconds,
        bodyBytesMax, decodedBytesMax, eventBytesMax, batchEventsMax, jsonDepthMax, headerBytesMax,
        requestMilliseconds, sendMilliseconds, idleMilliseconds, connectionsMax, connectionsPerAddressMax,
        bodyMemoryBytesMax,
        ratePerAddress, ratePerKey, ratePerUser, rateBurstSeconds,
        logBytesMax, logQueueBytesMax,
        kafkaBrokers, kafkaPartitions, kafkaReplicationFactor, kafkaRetentionMilliseconds, kafkaMinInsyncReplicas,
        kafkaTopicPrefix, kafkaGroup, kafkaCompression, kafkaLingerMilliseconds, kafkaAcknowledgeMilliseconds,
        kafkaSecurityProtocol, kafkaSaslMechanism, kafkaSaslUsername, kafkaSaslPassword, kafkaCaLocation,
        kafkaCertificateLocation, kafkaKeyLocation, kafkaKeyPassword,
        loadEventsMax, loadBytesMax, loadAgeMilliseconds,
        libraryPath, retentionDays, auditDays, warehouseMemoryBytesMax,
        clickhouseNodes, clickhouseCluster, clickhouseUser, clickhousePassword, clickhouseAuthoritiesFile,
        clickhouseTimeoutMilliseconds,
        adminListen, adminToken, sqlRowsMax, sqlSeconds, sqlMemoryBytesMax,
    ]
}
