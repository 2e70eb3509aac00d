import EventLog
import Events
import Glibc
import Loader
import Platform
import Synchronization
import TestSupport
import Testing
import Warehouse

/// Two persons on one site: one asks to be forgotten, the other's rows must stay as they are.
final class Erasing: Sendable {
    struct Somebody: Sendable {
        let user: UUID
        let device: String
        let canary: String
    }

    let site: Site
    let hold = LoadingHold()
    let one: Somebody
    let other: Somebody
    private let orders = Atomic<Int>(0)
    private let identifiers = Mutex(UUIDGenerator())

    /// - Parameters: what the two devices call themselves.
    init(
        device: String = "device-\(UInt64.random(in: 0 ... .max))",
        other: String = "device-\(UInt64.random(in: 0 ... .max))"
    ) throws {
        site = try Site()
        one = Erasing.somebody(device)
        self.other = Erasing.somebody(other)
    }

    private static func somebody(_ device: String) -> Somebody {
        Somebody(
            user: UUID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max)), device: device,
            canary: "canary-\(UInt64.random(in: 0 ... .max))")
    }

    var persons: [Person] { [.user(one.user), .device(one.device)] }

    // MARK: Lines

    func line(_ kind: EventKind, of somebody: Somebody, identifier: String? = nil) -> String {
        let id = identifier ?? identifiers.withLock { $0.next(unixMilliseconds: Clock.unixMilliseconds()) }.description
        let own =
            switch kind {
            case .click: #""obj_id":"button""#
            case .page: #""url":"/films","duration":16"#
            case .film:
                #""film_id":"b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89","timecode":"00:00:01.000000","position":1"#
            case .custom: #""name":"search","information":{"a":1}"#
            }
        return #"{"event_id":"\#(id)","user_id":"\#(somebody.user)","time":"2026-11-24 01:46:00.123","#
            + #""received_at":"2026-11-24 01:46:00.125","anonymous_id":\#(quoted(somebody.device)),\#(own),"#
            + #""extra":{"x":"\#(somebody.canary)"}}"#
    }

    /// A line of the topic `rejected`: a request that failed its checks, kept as it came.
    func rejected(_ payload: String, user: UUID = .none) -> String {
        #"{"kind":"click","event_id":"\#(UUID.none)","user_id":"\#(user)","received_at":"2026-11-24 01:46:00.125","#
            + #""source":"rejected","field":"","reason":"it is wrong","payload":\#(quoted(payload))}"#
    }

    func quoted(_ text: String) -> String {
        let out = ByteBuffer()
        out.appendJSON(string: text)
        return out.string
    }

    /// Five events of each kind of both, one of them twice; a line of each that the table refuses; and, of the first one, requests
    /// that failed their checks.
    func appendAll() async throws {
        for kind in EventKind.allCases {
            let lines = [one, other].flatMap { somebody in (0..<5).map { _ in line(kind, of: somebody) } }
            try await site.append(kind, lines + [lines[0], lines[5]])
        }
        try await site.append(
            .click, [line(.click, of: one, identifier: "zz"), line(.click, of: other, identifier: "zz")])
        let user = one.user.description.uppercased()
        try await site.append(
            .rejected,
            [
                rejected(#"{"anonymous_id" : \#(quoted(one.device)), "user_id":"\#(user)", "x":"\#(one.canary)"}"#),
                rejected("{\n \"user_id\":\"\(user)\",\"anonymous_id\":\n\(quoted(one.device)), broken \(one.canary)"),
                rejected(#"{"anonymous_id":\#(quoted(other.device)),"x":"\#(other.canary)"}"#, user: other.user),
            ])
    }

    static let clicks: Int64 = 14

    func loadAll(_ forgetting: Forgetting? = nil) async throws {
        let loading = try load(forgetting)
        for kind in EventKind.allCases {
            try await eventually { try site.isLoaded(kind, upTo: kind == .click ? Erasing.clicks : 12) }
        }
        try await eventually {
            let reader = try site.reader()
            defer { reader.close() }
            return try reader.committed(TopicPartition(.rejected)).next == 3
        }
        await loading.stop()
    }

    func load(_ forgetting: Forgetting? = nil) throws -> Loading {
        var options = LoaderOptions()
        options.pollMilliseconds = 10
        options.ageMaxMilliseconds = 20
        let log = try site.reader()
        return Loading(
            Loader(
                log: log, warehouse: site.warehouse, options: options, hold: hold, forgetting: forgetting,
                metrics: MetricsRegistry(), logger: quiet), log)
    }

    // MARK: Erasing

    /// As a process that starts opens it.
    func forgetting(_ warehouse: (any Warehouse)? = nil, scrub: @escaping @Sendable () -> String? = { nil }) throws
        -> Forgetting
    {
        try Forgetting(
            dataFolder: site.folder, log: try site.reader(), warehouse: warehouse ?? site.warehouse, hold: hold,
            scrubLog: {
                self.orders.add(1, ordering: .relaxed)
                return scrub()
            }, logger: quiet)
    }

    /// How often the log was told to leave no remains.
    var scrubs: Int { orders.load(ordering: .relaxed) }

    var notes: [String] { (try? FileTree.names(in: site.folder + "/erasures")) ?? [] }

    // MARK: What became of it

    /// Rows of somebody, by table.
    func rows(of somebody: Somebody) throws -> [String] {
        try EventKind.allCases.map { kind in
            try site.warehouse.text(
                "SELECT count(), ifNull(sum(cityHash64(*)), 0) FROM \(kind.topic) "
                    + "WHERE user_id = '\(somebody.user)' OR anonymous_id = '\(somebody.device.sqlEscaped)'")
        } + [
            try site.warehouse.text(
                "SELECT count(), ifNull(sum(cityHash64(*)), 0) FROM quarantine "
                    + "WHERE payload LIKE '%\(somebody.canary)%' OR user_id = '\(somebody.user)'"),
            try site.warehouse.text(
                "SELECT count(), ifNull(sum(cityHash64(film_id, position, last_at)), 0) FROM watched "
                    + "WHERE viewer IN ('\(somebody.user)', '\(somebody.device.sqlEscaped)')"),
            try site.warehouse.text(
                "SELECT count(), ifNull(sum(cityHash64(kind, day, first_at)), 0) FROM seen "
                    + "WHERE viewer IN ('\(somebody.user)', '\(somebody.device.sqlEscaped)')"),
        ]
    }

    /// Outcomes of this log's positions, with how many of them name an event.
    func outcomes() throws -> [String] {
        let reader = try site.reader()
        defer { reader.close() }
        return try site.rows(
            "SELECT outcome, count(), countIf(event_id != toUUID('\(UUID.none)')) FROM deliveries "
                + "WHERE log = '\(try reader.identity())' GROUP BY outcome ORDER BY outcome")
    }

    /// Files of the warehouse, and of DATA_DIR but for the log, that hold anything of somebody.
    func traces(of somebody: Somebody) throws -> [String] {
        let engine = try #require(LoadingTests.engine)
        var patterns = [somebody.user.description, somebody.canary, somebody.device].map { Array($0.utf8) }
        // As a column of UUIDs holds it, where it is not compressed.
        patterns.append(
            withUnsafeBytes(of: (somebody.user.high.littleEndian, somebody.user.low.littleEndian)) { Array($0) })
        let logFiles = ["log.sqlite", "log.sqlite-wal", "log.sqlite-shm"]
        return try [engine.folder, site.folder].flatMap { folder in
            try FileTree.files(below: folder).filter { !logFiles.contains($0.path) }
                .filter { holds("\(folder)/\($0.path)", patterns) }.map(\.path)
        }
    }

    private func holds(_ path: String, _ patterns: [[UInt8]]) -> Bool {
        guard let file = fopen(path, "r") else { return false }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return patterns.contains { pattern in !pattern.isEmpty && bytes.firstRange(of: pattern) != nil }
    }
}

extension String {
    fileprivate var sqlEscaped: String {
        split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
            .split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'")
    }
}

/// Dies at its n-th statement that changes something, before or after it took effect; nothing works from then on.
final class DyingWarehouse: Warehouse {
    private let real: any Warehouse
    private let dyingAt: Int
    private let takesEffect: Bool
    private let count = Atomic<Int>(0)

    init(_ real: any Warehouse, at dyingAt: Int, takesEffect: Bool) {
        self.real = real
        self.dyingAt = dyingAt
        self.takesEffect = takesEffect
    }

    var isDead: Bool { count.load(ordering: .relaxed) > dyingAt }

    private func live(_ body: () throws(WarehouseError) -> Void) throws(WarehouseError) {
        let number = count.wrappingAdd(1, ordering: .relaxed).oldValue
        guard number < dyingAt || number == dyingAt && takesEffect else { throw .unavailable("as the test wants it") }
        try body()
        guard number < dyingAt else { throw .unavailable("as the test wants it, and done all the same") }
    }

    func insert(_ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String) throws(WarehouseError) {
        try live { () throws(WarehouseError) in try real.insert(lines, into: target, token: token) }
    }

    func query(_ sql: String, format: String, _ sink: (UnsafeRawBufferPointer) -> Void) throws(WarehouseError) {
        guard sql.hasPrefix("ALTER") else {
            guard !isDead else { throw .unavailable("as the test wants it") }
            return try real.query(sql, format: format, sink)
        }
        try live { () throws(WarehouseError) in try real.query(sql, format: format, sink) }
    }

    func migrate() throws(WarehouseError) { try real.migrate() }

    func readOnlyQuery(
        _ sql: String, defaultFormat: String, limits: QueryLimits, onFormat: (String) -> Void,
        _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(WarehouseError) {
        try real.readOnlyQuery(sql, defaultFormat: defaultFormat, limits: limits, onFormat: onFormat, sink)
    }

    var dialect: Dialect { real.dialect }
    var engineMemoryBytes: Int64? { real.engineMemoryBytes }
    func close() {}
}
