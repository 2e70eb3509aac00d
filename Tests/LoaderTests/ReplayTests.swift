import Events
import Loader
import Platform
import Testing
import Warehouse

/// Quarantined events through today's rules, with the real engine.
@Suite(.serialized, EngineTrait()) struct ReplayTests {
    static let user = "11111111-1111-4111-8111-111111111111"

    private func warehouse() throws -> FaultyWarehouse { FaultyWarehouse(try #require(LoadingTests.engine)) }

    private func rows(_ warehouse: any Warehouse, _ select: String) throws -> [String] {
        try warehouse.text(select).split(separator: "\n").map(String.init)
    }

    /// Everything that a replay may touch, copies included, without the times at which it ran.
    private func state(_ warehouse: any Warehouse) throws -> [String] {
        try EventKind.allCases.flatMap { kind in
            try rows(warehouse, "SELECT '\(kind.topic)', * FROM \(kind.topic)_local ORDER BY event_id")
        }
            + rows(
                warehouse,
                "SELECT topic, log, partition, position, kind, event_id, outcome FROM deliveries ORDER BY topic, log, partition, position"
            )
            + rows(
                warehouse,
                "SELECT * EXCEPT (quarantined_at, replayed_at), replayed_at > 0 FROM quarantine ORDER BY topic, log, partition, position"
            )
    }

    private static let click = #"{"obj_id":"play"}"#
    private static let bad = #"{"obj_id":7}"#

    // MARK: What passes

    @Test func `What passes today is in its table as its client sent it, and done with`() throws {
        let warehouse = try warehouse()
        var film = QuarantinedRow(
            1, payload: #"{"film_id":"\#(Self.user)","timecode":61.5,"time":"2026-11-24T01:30:00Z"}"#)
        film.kind = "film"
        film.userID = Self.user
        film.sentAt = "2026-11-24 01:36:00.125"  // Ten minutes slow.
        film.verdict = "bot"
        var own = QuarantinedRow(
            2, payload: #"{"type":"custom","event_id":"\#(Self.user)","information":{"a":[[1]]},"mine":2}"#)
        own.kind = ""
        own.eventID = Self.user
        try warehouse.quarantine([QuarantinedRow(0, payload: Self.click), film, own])
        #expect(try warehouse.replay() == ReplayProgress(3, replayed: 3))
        #expect(
            try rows(warehouse, "SELECT event_id, user_id, time, received_at, verdict, obj_id FROM clicks_local") == [
                "\(QuarantinedRow.id(0))\t\(UUID.none)\t2026-11-24 01:46:00.125\t2026-11-24 01:46:00.125\t\tplay"
            ])
        #expect(
            try rows(
                warehouse, "SELECT event_id, user_id, time, received_at, verdict, timecode, position FROM views_local")
                == [
                    "\(QuarantinedRow.id(1))\t\(Self.user)\t2026-11-24 01:40:00.000\t2026-11-24 01:46:00.125\tbot\t"
                        + "00:01:01.500000\t61.5"
                ])
        #expect(
            try rows(warehouse, "SELECT event_id, information, extra FROM custom_events_local") == [
                "\(Self.user)\t{\"a\":[[1]]}\t{\"mine\":2}"
            ])
        #expect(
            try rows(warehouse, "SELECT position, kind, event_id, outcome FROM deliveries ORDER BY position") == [
                "0\tclick\t\(QuarantinedRow.id(0))\treplayed", "1\tfilm\t\(QuarantinedRow.id(1))\treplayed",
                "2\tcustom\t\(Self.user)\treplayed",
            ])
        #expect(
            try rows(
                warehouse,
                "SELECT count(), countIf(abs(replayed_at - now()) < 600), countIf(quarantined_at = replayed_at), "
                    + "countIf(received_at = '2026-11-24 01:46:00.125'), countIf(reason = 'as it was') FROM quarantine")
                == ["3\t3\t3\t3\t3"])
    }

    @Test func `Larger limits let pass what was too large or too deep`() throws {
        let warehouse = try warehouse()
        let nested = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        let long = String(repeating: "x", count: 3_000)
        try warehouse.quarantine([
            QuarantinedRow(0, payload: #"{"obj_id":"deep","own":\#(nested)}"#),
            QuarantinedRow(1, payload: #"{"obj_id":"long","own":"\#(long)"}"#),
        ])
        let small = EventLimits(lineBytesMax: 2_048, depthMax: 32)
        #expect(try warehouse.replay(small) == ReplayProgress(2, refused: 2))
        #expect(
            try rows(warehouse, "SELECT reason FROM quarantine ORDER BY position") == [
                "arrays and objects may be nested 32 deep", "an event may have at most 2048 bytes",
            ])
        #expect(
            try warehouse.replay(EventLimits(lineBytesMax: 2_048, depthMax: 64))
                == ReplayProgress(2, replayed: 1, refused: 1))
        #expect(try warehouse.replay(EventLimits()) == ReplayProgress(1, replayed: 1))
        #expect(try warehouse.replay(EventLimits()) == ReplayProgress(0))
        #expect(try rows(warehouse, "SELECT obj_id FROM clicks_local ORDER BY obj_id") == ["deep", "long"])
    }

    // MARK: What does not

    @Test func `What fails again keeps its row with today's reason, and another run changes nothing`() throws {
        let warehouse = try warehouse()
        var cut = QuarantinedRow(2, payload: #"{"obj_id":"pl"#)
        cut.reason = "an event may have at most 65536 bytes; only the first 65536 bytes are kept"
        var named = QuarantinedRow(3, payload: #"{"type":"nothing"}"#)
        named.kind = ""
        try warehouse.quarantine([
            QuarantinedRow(0, payload: Self.bad), QuarantinedRow(1, payload: "nonsense"), cut, named,
            QuarantinedRow(4, payload: "[]"), QuarantinedRow(5, payload: ""),
        ])
        #expect(try warehouse.replay() == ReplayProgress(6, refused: 6))
        let after = try state(warehouse)
        #expect(
            try rows(warehouse, "SELECT field, reason, payload, replayed_at > 0 FROM quarantine ORDER BY position") == [
                "obj_id\tmust be a string of 1 to 512 characters, without NUL\t\(Self.bad)\t0",
                "obj_id\tas it was\tnonsense\t0", "obj_id\t\(cut.reason)\t\(cut.payload)\t0",
                "type\tmust be one of click, page, film, custom\t\(named.payload)\t0",
                "\tan event must be a JSON object\t[]\t0", "obj_id\tas it was\t\t0",
            ])
        let inserts = warehouse.inserts.count
        #expect(try warehouse.replay() == ReplayProgress(6, refused: 6))
        #expect(warehouse.inserts.count == inserts)
        #expect(try state(warehouse) == after)
        #expect(try rows(warehouse, "SELECT DISTINCT outcome FROM deliveries") == ["quarantined"])
    }

    @Test func `What the table itself refuses stays, with the table's reason, and the others go in`() throws {
        let warehouse = try warehouse()
        let events = (0..<40).map { QuarantinedRow($0, payload: #"{"obj_id":"\#($0 % 13 == 5 ? "poison" : "good")"}"#) }
        try warehouse.quarantine(events)
        warehouse.decide { $0.target == .events(.click) && $0.text.contains("poison") ? .refuse("it is poison") : nil }
        #expect(try warehouse.replay() == ReplayProgress(40, replayed: 37, refused: 3))
        #expect(try rows(warehouse, "SELECT count(), uniqExact(event_id) FROM clicks_local") == ["37\t37"])
        #expect(
            try rows(
                warehouse, "SELECT position, field, reason FROM quarantine WHERE replayed_at = 0 ORDER BY position")
                == [5, 18, 31].map { "\($0)\t\tit is poison" })
        warehouse.decide { _ in nil }
        #expect(try warehouse.replay() == ReplayProgress(3, replayed: 3))
        #expect(try rows(warehouse, "SELECT count(), uniqExact(event_id) FROM clicks_local") == ["40\t40"])
    }

    @Test func `An event that always fails, for no known reason, does not stop the others for ever`() throws {
        let warehouse = try warehouse()
        let events = (0..<12).map { QuarantinedRow($0, payload: #"{"obj_id":"\#($0 == 5 ? "strange" : "good")"}"#) }
        try warehouse.quarantine(events)
        warehouse.decide { $0.target == .events(.click) && $0.text.contains("strange") ? .fail : nil }
        #expect(try warehouse.replay() == ReplayProgress(12, replayed: 11, refused: 1))
        // Alone too, before a table that answers.
        #expect(try warehouse.replay() == ReplayProgress(1, refused: 1))
        warehouse.decide { _ in nil }
        #expect(try warehouse.replay() == ReplayProgress(1, replayed: 1))
    }

    @Test func `Where every insert fails the warehouse is at fault: the replay says so, and keeps all`() throws {
        let warehouse = try warehouse()
        try warehouse.quarantine((0..<200).map { QuarantinedRow($0, payload: Self.click) })
        let before = warehouse.inserts.count
        warehouse.decide { if case .events = $0.target { .fail } else { nil } }
        #expect(throws: WarehouseError.self) { try warehouse.replay() }
        #expect(warehouse.inserts.count - before < 60)
        warehouse.decide { _ in nil }
        #expect(try warehouse.replay() == ReplayProgress(200, replayed: 200))
    }

    // MARK: Lines of the log

    private struct Refused: Error { let outcome: EventOutcome }

    /// The canonical line of an event.
    private func line(_ kind: EventKind, _ event: String, _ verdict: Verdict = .good) throws -> String {
        let parser = JSONParser(capacityMax: 1 << 20, depthMax: 32)
        let (text, scratch, lines) = (ByteBuffer(event), ByteBuffer(), EventLines())
        let receivedAt = Timestamp(unixMilliseconds: 1_795_485_960_125)
        let context = EventContext(userID: UUID(Self.user), receivedAt: receivedAt, verdict: verdict)
        return try withExtendedLifetime((parser, text, scratch)) {
            let value = try parser.parse(copying: text.bytes, into: scratch)
            let outcome = EventReader().read(value, as: kind, context, into: lines)
            guard case .accepted = outcome else { throw Refused(outcome: outcome) }
            return String(lines.buffer(kind).string.dropLast())
        }
    }

    private func refused(_ position: Int, _ topic: String, _ payload: String, source: String = "refused")
        -> QuarantinedRow
    {
        var row = QuarantinedRow(position, payload: payload)
        row.topic = topic
        row.source = source
        row.kind = EventKind(topic: topic)?.type ?? ""
        row.receivedAt = "2026-11-24 01:46:00.125"
        return row
    }

    @Test func `A line that was refused or damaged is written again as it was, letter for letter`() throws {
        let common =
            #""anonymous_id":"a","session_id":"s","platform":"tv","app_version":"1","sent_at":1795485000,"#
            + #""time":1795484990.123,"own":{"é":[1,2.5,null,true,{"x":"\n\""}]},"other":"2""#
        let film = "b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89"
        let lines: [(topic: String, line: String)] = [
            ("clicks", try line(.click, #"{\#(common),"obj_id":"a","url":"/","x":1,"y":-2.5,"text":"Play"}"#)),
            ("pages", try line(.page, #"{\#(common),"url":"/","duration":1.5,"title":"T","scroll":50}"#, .bot)),
            (
                "views",
                try line(
                    .film,
                    #"{\#(common),"film_id":"\#(film)","timecode":"00:41:07.5","view_id":"v","duration":9000,"#
                        + #""watched":[[0,10],[20.5,30]],"rate":1.5,"quality":"1080p"}"#, .implausible)
            ),
            ("custom_events", try line(.custom, #"{\#(common),"name":"n","information":{"a":{"b":[]}}}"#)),
            // Marked for its time: so it is again.
            ("clicks", try line(.click, #"{"obj_id":"old","time":1500000000}"#)),
        ]
        let warehouse = try warehouse()
        try warehouse.quarantine(
            lines.enumerated().map { number, entry in
                refused(number, entry.topic, entry.line, source: number % 2 == 0 ? "refused" : "damaged")
            })
        #expect(try warehouse.replay() == ReplayProgress(5, replayed: 5))
        let written = warehouse.inserts.filter { if case .events = $0.target { true } else { false } }.map(\.text)
        #expect(written.joined().split(separator: "\n").map(String.init).sorted() == lines.map(\.line).sorted())
        #expect(try rows(warehouse, "SELECT verdict FROM views_local") == ["implausible"])
        #expect(try rows(warehouse, "SELECT verdict FROM clicks_local ORDER BY verdict") == ["clock"])
        #expect(try rows(warehouse, "SELECT DISTINCT outcome FROM deliveries") == ["replayed"])
    }

    @Test func `A line whose frame is broken stays as it is; one with a bad field has today's reason`() throws {
        let good = try line(.click, Self.click)
        let id = QuarantinedRow.id(9)
        let warehouse = try warehouse()
        try warehouse.quarantine([
            refused(0, "clicks", String(good.dropLast())),
            refused(1, "clicks", good.replacing(Self.user, with: "nobody")),
            refused(2, "clicks", #"{"event_id":"\#(id)","obj_id":"a"}"#), refused(3, "clicks", "\u{0}\u{1}"),
            refused(4, "clicks", good.replacing(#""play""#, with: "5")),
            refused(
                5, "clicks",
                #"{"event_id":"zz""# + good.dropFirst(#"{"event_id":"0198c0de-7d2b-7b7e-8f3a-2f4d1c6b7a89""#.utf8.count)
            ),
        ])
        #expect(try warehouse.replay() == ReplayProgress(6, refused: 6))
        let word = "must be a string of 1 to 512 characters, without NUL"
        let uuid = #"must be a UUID such as "0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89""#
        #expect(
            try rows(warehouse, "SELECT field, reason FROM quarantine ORDER BY position")
                == Array(repeating: "obj_id\tas it was", count: 4) + ["obj_id\t\(word)", "event_id\t\(uuid)"])
    }

    @Test func `Bytes that are no text come through a rewriting of their row unchanged`() throws {
        let warehouse = try warehouse()
        try warehouse.quarantine([QuarantinedRow(0, payload: Self.bad)])
        // A second version, made where no text passes: in SQL.
        try warehouse.query(
            "INSERT INTO quarantine_local SELECT * REPLACE ("
                + "concat('{\"obj_id\":7,\"own\":\"', char(195, 40, 0, 255), '\"}') AS payload, "
                + "quarantined_at + 1 AS quarantined_at) FROM quarantine_local", format: "Null"
        ) { _ in }
        #expect(try warehouse.replay() == ReplayProgress(1, refused: 1))
        #expect(try rows(warehouse, "SELECT hex(payload) LIKE '%C32800FF%' FROM quarantine") == ["1"])
    }

    // MARK: Already there

    @Test func `An event that its client sent again, rightly, is not put back`() throws {
        let warehouse = try warehouse()
        try warehouse.quarantine([
            QuarantinedRow(0, payload: #"{"obj_id":"a'\\b","text":"then"}"#), QuarantinedRow(1, payload: Self.click),
        ])
        let line = ByteBuffer(
            #"{"event_id":"\#(QuarantinedRow.id(0))","user_id":"\#(UUID.none)","time":"2026-11-24 02:00:00.000","#
                + #""received_at":"2026-11-24 02:00:00.000","obj_id":"a'\\b","text":"now"}"# + "\n")
        try withExtendedLifetime(line) { try warehouse.insert(line.bytes, into: .events(.click), token: "again") }
        #expect(try warehouse.replay() == ReplayProgress(2, replayed: 1, there: 1))
        #expect(
            try rows(warehouse, "SELECT concat(toString(length(obj_id)), text) FROM clicks_local ORDER BY text") == [
                "4", "4now",
            ])
        #expect(try rows(warehouse, "SELECT outcome FROM deliveries") == ["replayed", "replayed"])
        #expect(try warehouse.replay() == ReplayProgress(0))
    }

    @Test func `A request that was sent wrongly twice is one event`() throws {
        let warehouse = try warehouse()
        var again = QuarantinedRow(1, payload: Self.click)
        again.eventID = QuarantinedRow.id(0)
        try warehouse.quarantine([QuarantinedRow(0, payload: Self.click), again])
        #expect(try warehouse.replay() == ReplayProgress(2, replayed: 2))
        #expect(try rows(warehouse, "SELECT count() FROM clicks") == ["1"])
    }

    // MARK: Interruptions

    /// Rows of every sort and kind, in two topics and two logs.
    private func mixture() throws -> [QuarantinedRow] {
        try (0..<18).map { number in
            var row = QuarantinedRow(number, payload: Self.click)
            switch number % 6 {
            case 0: row.payload = Self.bad
            case 1:
                row.kind = "page"
                row.payload = #"{"url":"/","duration":1}"#
            case 2:
                row.kind = "custom"
                row.payload = #"{"information":{}}"#
            case 3:
                row = refused(number, "clicks", try line(.click, #"{"obj_id":"line","event_id":"\#(row.eventID)"}"#))
            case 4: row.log = "0198c0de-0000-7000-8000-0000000000bb"
            default: row.payload = #"{"obj_id":"\#(number)"}"#
            }
            return row
        }
    }

    @Test func `Interrupted at any insert, before or after it, a replay ends as if it had not been`() throws {
        let warehouse = try warehouse()
        let rows = try mixture()
        func replay() throws -> ReplayProgress { try warehouse.replay { $0.pageRowsMax = 18 } }
        try warehouse.quarantine(rows)
        let clean = warehouse.inserts.count
        #expect(try replay() == ReplayProgress(18, replayed: 15, refused: 3))
        let expected = try state(warehouse)
        let steps = warehouse.inserts.count - clean
        #expect(steps > 10)
        for step in 0..<steps {
            for fault: FaultyWarehouse.Fault in [.unavailableBefore, .unavailableAfter] {
                try warehouse.quarantine(rows)
                let first = warehouse.inserts.count
                warehouse.decide { $0.number == first + step ? fault : nil }
                #expect(throws: WarehouseError.self) { try replay() }
                warehouse.decide { _ in nil }
                let rest = try replay()
                #expect(rest.refused == 3 && rest.read <= 18)
                #expect(try state(warehouse) == expected, "interrupted at \(step), \(fault)")
                #expect(try replay() == ReplayProgress(3, refused: 3))
            }
        }
    }

    // MARK: Pages, filters

    @Test func `Pages are bounded by rows and by bytes, and a row longer than a page has its own`() throws {
        let warehouse = try warehouse()
        let long = String(repeating: "x", count: 12_000)
        let events = (0..<20).map { number in
            QuarantinedRow(number * 3, payload: #"{"obj_id":"\#(number)","own":"\#(number % 10 == 4 ? long : "")"}"#)
        }
        for (rowsMax, bytesMax) in [(7, 1 << 20), (1, 1 << 20), (50, 1 << 20), (1000, 8_000), (1000, 13_000), (3, 100)]
        {
            try warehouse.quarantine(events)
            var options = ReplayOptions()
            options.pageRowsMax = rowsMax
            options.pageBytesMax = bytesMax
            var told: [Int] = []
            let progress = try Replay(warehouse, limits: EventLimits(), options: options).run { progress in
                told.append(progress.read)
                return true
            }
            #expect(progress == ReplayProgress(20, replayed: 20))
            #expect(told.last == 20 && zip(told, told.dropFirst()).allSatisfy { $0 < $1 && $1 - $0 <= rowsMax })
            #expect(try rows(warehouse, "SELECT count(), uniqExact(event_id) FROM clicks_local") == ["20\t20"])
        }
    }

    @Test func `Told to stop, it stops after the page, and the next run does the rest`() throws {
        let warehouse = try warehouse()
        try warehouse.quarantine((0..<30).map { QuarantinedRow($0, payload: Self.click) })
        var options = ReplayOptions()
        options.pageRowsMax = 10
        let first = try Replay(warehouse, limits: EventLimits(), options: options).run { $0.read < 20 }
        #expect(first == ReplayProgress(20, replayed: 20))
        #expect(try warehouse.replay() == ReplayProgress(10, replayed: 10))
    }

    @Test func `Only what came in since a time, and only one kind, where it is asked for`() throws {
        let warehouse = try warehouse()
        let events = (0..<24).map { number in
            var row = QuarantinedRow(number, payload: Self.click)
            row.receivedAt = "2026-11-24 \(number < 10 ? "0" : "")\(number):00:00.500"
            if number % 4 == 0 {
                row.kind = "page"
                row.payload = #"{"url":"/","duration":1}"#
            }
            return row
        }
        try warehouse.quarantine(events)
        let since = Timestamp(unixMilliseconds: 1_795_521_600_500)  // 12:00:00.5
        #expect(
            try warehouse.replay { ($0.since, $0.kind, $0.isDryRun) = (since, .page, true) }
                == ReplayProgress(3, replayed: 3))
        #expect(try warehouse.replay { ($0.since, $0.kind) = (since, .page) } == ReplayProgress(3, replayed: 3))
        #expect(try warehouse.replay { $0.since = since } == ReplayProgress(9, replayed: 9))
        #expect(try warehouse.replay { $0.kind = .film } == ReplayProgress(0))
        #expect(try warehouse.replay() == ReplayProgress(12, replayed: 12))
    }

    @Test func `A dry run says the same and changes nothing`() throws {
        let warehouse = try warehouse()
        try warehouse.quarantine(try mixture())
        let before = try state(warehouse)
        let inserts = warehouse.inserts.count
        #expect(try warehouse.replay { $0.isDryRun = true } == ReplayProgress(18, replayed: 15, refused: 3))
        #expect(warehouse.inserts.count == inserts)
        #expect(try state(warehouse) == before)
    }

    @Test func `Twenty thousand events take seconds`() throws {
        let warehouse = try warehouse()
        try warehouse.quarantine(
            (0..<20_000).map { QuarantinedRow($0, payload: #"{"obj_id":"\#($0 % 10 == 0 ? "" : "button")"}"#) })
        let started = Clock.monotonicMilliseconds()
        #expect(try warehouse.replay() == ReplayProgress(20_000, replayed: 18_000, refused: 2_000))
        let took = Clock.monotonicMilliseconds() - started
        #expect(took < 60_000, "\(took) ms")
        #expect(try rows(warehouse, "SELECT count(), uniqExact(event_id) FROM clicks_local") == ["18000\t18000"])
        print("replay: 20,000 rows in \(took) ms")
    }
}
