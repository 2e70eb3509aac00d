import EventLog
import Events
import Glibc
import Loader
import Platform
import Testing
import Warehouse

/// What the ledger costs: `CINELOG_MEASURE=1 swift test -c release --filter LedgerMeasurements`. Some minutes.
@Suite(.serialized, .enabled(if: getenv("CINELOG_MEASURE") != nil), EngineTrait()) struct LedgerMeasurements {
    private let site: Site

    init() throws {
        site = try Site()
        for table in Table.all { try run("TRUNCATE TABLE \(table.storageName)") }
    }

    private func run(_ sql: String) throws { try site.warehouse.query(sql, format: "Null") { _ in } }

    /// As browsers send them: 370 bytes.
    private static func click(_ id: String, _ number: Int) -> String {
        #"{"event_id":"\#(id)","user_id":"7d2bb5e3-c0f0-4b7e-8f3a-2f4d1c6b7a89","anonymous_id":"a-\#(number * 7919 % 9973)","#
            + #""session_id":"s-\#(number * 104_729 % 99_991)","time":"2026-11-24 01:46:00.\#(number % 900 + 100)","#
            + #""received_at":"2026-11-24 01:46:00.125","platform":"web","app_version":"4.2.1","obj_id":"button#\#(number % 97)","#
            + #""url":"https://cinema.example/films/\#(number % 4999)?from=search","x":\#(number % 1920),"y":\#(number % 1080),"#
            + #""text":"Watch now"}"# + "\n"
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = Clock.monotonicNanoseconds()
        try body()
        return Double(Clock.monotonicNanoseconds() - start) / 1e9
    }

    private func bytesOnDisk(_ table: Table) throws -> Int {
        let answer = try site.rows(
            "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = '\(table.storageName)'")
        return Int(answer.first ?? "") ?? 0
    }

    @Test func `A batch's rows of the ledger take a fraction of the time and of the disk that its events take`() throws
    {
        var identifiers = UUIDGenerator()
        var ratios: [Double] = []
        let rows = 50_000
        for round in 0..<12 {
            let (events, deliveries) = (ByteBuffer(), ByteBuffer())
            for line in 0..<rows {
                let id = identifiers.next(unixMilliseconds: Clock.unixMilliseconds()).description
                events.append(LedgerMeasurements.click(id, line))
                deliveries.append(
                    "clicks\t\(UUID.none)\t0\t\(round * rows + line)\tclick\t\(id)\t2026-11-24 01:46:00.125\tstored\t"
                        + "2026-11-24 01:46:01.000\n")
            }
            let own = try seconds { try site.warehouse.insert(events.bytes, into: .events(.click), token: "e\(round)") }
            let ledger = try seconds {
                try site.warehouse.insert(deliveries.bytes, into: .deliveries, token: "d\(round)")
            }
            ratios.append(ledger / own)
        }
        let ratio = ratios.sorted()[ratios.count / 2]
        print("ledger: \(ratio) of the time of the events' insert (\(ratios.min()!)–\(ratios.max()!))")
        let bytes = try bytesOnDisk(.deliveries) / (12 * rows)
        print(
            "ledger: \(bytes) bytes a row on disk, the events \(try bytesOnDisk(EventTable.of(.click)) / (12 * rows))")
        #expect(ratio < 0.6)
    }

    @Test(arguments: [1_000_000, 10_000_000]) func `An audit of so many events takes seconds and little memory`(
        count: Int
    )
        throws
    {
        let log = try site.reader()
        defer { log.close() }
        let id = try log.identity()
        for part in 0..<10 {
            let range = "FROM numbers(\(part * count / 10), \(count / 10))"
            let event = "toUUID(concat('0198c0de-0000-7000-8000-', leftPad(lower(hex(number)), 12, '0'))) AS event_id"
            try run(
                """
                INSERT INTO clicks_local (event_id, time, received_at, obj_id)
                SELECT \(event), now64(3), now64(3), toString(number % 500) \(range)
                """)
            try run(
                """
                INSERT INTO deliveries_local (topic, log, partition, position, kind, event_id, received_at, outcome, noted_at)
                SELECT 'clicks', toUUID('\(id)'), 0, toInt64(number), 'click', \(event), now64(3), 'stored', now64(3) \(range)
                """)
        }
        try log.commit(TopicPartition(.clicks), CommittedPosition(next: Int64(count), note: "", log: id))
        let audit = Audit(log, site.warehouse)
        var findings: [Finding] = []
        let looked = try seconds { findings = try audit.findings() }
        let summed = try seconds { _ = try audit.totals() }
        print("audit of \(count) events: \(looked) s, ledger's sums \(summed) s")
        #expect(findings.isEmpty)
    }
}
