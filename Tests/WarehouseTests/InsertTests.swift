import Events
import TestSupport
import Testing
import Warehouse

extension EngineTests {
    @Suite struct InsertTests {
        let folder = TemporaryFolder()

        @Test func `Every column of every kind is read back as it was sent`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            for kind in EventKind.allCases {
                try warehouse.insert(fullLine(kind) + bareLine(kind), into: kind, token: "all")
                let sorted = " ORDER BY received_at"
                let read = try warehouse.text("SELECT * FROM \(kind.topic)" + sorted, format: "JSONEachRow")
                #expect(read.replacing("\\/", with: "/") == fullRow(kind) + bareRow(kind))
                let other = try warehouse.text(
                    "SELECT * FROM default.\(kind.topic)_distributed" + sorted, format: "JSONEachRow")
                #expect(other == read)
            }
        }

        @Test func `Objects keep their text byte for byte`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let object = #"{ "b" : [1, 2.50, {"ü":"\u00e9\n\"x\""}],"a":1e3 , "a":null}"#
            try warehouse.insert(
                #"{"event_id":"\#(uuid(1))","time":"2026-11-24 01:46:00.123","information":\#(object),"extra":\#(object)}"#
                    + "\n",
                into: .custom, token: "a")
            let read = try warehouse.text("SELECT information, extra FROM custom_events", format: "TSVRaw")
            #expect(read == "\(object)\t\(object)\n")
        }

        @Test func `The same token inserts once, whatever the lines`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(click(id: 1), into: .click, token: "plan 1")
            try warehouse.insert(click(id: 1), into: .click, token: "plan 1")
            try warehouse.insert(click(id: 2), into: .click, token: "plan 1")
            try warehouse.insert(click(id: 3), into: .click, token: "plan '2\\")
            let rows = try warehouse.text("SELECT event_id FROM clicks_local ORDER BY event_id")
            #expect(rows == "\(uuid(1))\n\(uuid(3))\n")
        }

        @Test func `A token holds over a restart`() throws {
            let first = try openWarehouse(in: folder)
            try first.insert(click(id: 1), into: .click, token: "plan 1")
            first.close()
            let second = try openWarehouse(in: folder)
            defer { second.close() }
            try second.insert(click(id: 2), into: .click, token: "plan 1")
            #expect(try second.value("SELECT event_id FROM clicks_local") == uuid(1))
        }

        @Test func `A client's retry collapses with another time, month, user and arrival`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(click(id: 1), into: .click, token: "a")
            try warehouse.insert(
                click(id: 1, at: "2026-12-01 00:00:01.000", received: "2026-12-01 00:00:01.000", user: 9), into: .click,
                token: "b")
            try warehouse.insert(
                click(id: 1, at: "2026-11-24 09:00:00.000", received: "2026-11-24 09:00:00.000", user: 2), into: .click,
                token: "c")
            #expect(try warehouse.value("SELECT count() FROM clicks_local") == "3")
            #expect(try warehouse.value("SELECT time, user_id FROM clicks") == "2026-12-01 00:00:01.000\t\(uuid(9))")
            #expect(try warehouse.value("SELECT count() FROM clicks WHERE obj_id = 'button#play'") == "1")
            #expect(try warehouse.value("SELECT count() FROM clicks_distributed") == "1")
            try warehouse.query("OPTIMIZE TABLE clicks_local FINAL", format: "Null") { _ in }
            #expect(try warehouse.value("SELECT count() FROM clicks") == "1")
        }

        @Test func `A retry within one batch is one event`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            try warehouse.insert(
                click(id: 1, received: "2026-11-24 01:46:01.000", user: 2) + click(id: 1) + click(id: 2), into: .click,
                token: "a")
            #expect(try warehouse.text("SELECT user_id FROM clicks ORDER BY event_id") == "\(uuid(2))\n\(uuid(1))\n")
        }

        @Test func `A bad last line refuses the batch, and the batch without it lands under the same token`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let good = (1...3000).map { click(id: $0, received: "2026-\(10 + $0 % 3)-03 00:00:00.000") }.joined()
            expectRefused(warehouse, good + "{\"event_id\":\"bad\"}\n")
            #expect(try warehouse.value("SELECT count() FROM clicks_local") == "0")
            try warehouse.insert(good, into: .click, token: "t")
            try warehouse.insert(good, into: .click, token: "t")
            #expect(try warehouse.value("SELECT count(), uniqExact(event_id) FROM clicks_local") == "3000\t3000")
            #expect(
                try warehouse.value(
                    "SELECT uniqExact(partition), max(rows) FROM system.parts WHERE active AND table = 'clicks_local'")
                    == "3\t1000")
        }

        @Test func `Repeating an insert of which a crash let only one month in adds the others`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let november = click(id: 1, received: "2026-11-30 23:59:59.999")
            let december = click(id: 2, received: "2026-12-01 00:00:00.000")
            // What such a crash leaves: one month's part, recorded under the token.
            try warehouse.insert(november, into: .click, token: "t")
            try warehouse.insert(november + december, into: .click, token: "t")
            #expect(
                try warehouse.text("SELECT event_id FROM clicks_local ORDER BY event_id") == "\(uuid(1))\n\(uuid(2))\n")
        }

        @Test func `Clients' clocks all over a century make one part`() throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            let months = (0..<1200).map { month in
                click(
                    id: month, at: "\(2000 + month / 12)-\(month % 12 < 9 ? "0" : "")\(month % 12 + 1)-02 00:00:00.000")
            }
            try warehouse.insert(months.joined(), into: .click, token: "t")
            let range = try warehouse.value("SELECT count(), min(time), max(time) FROM clicks")
            #expect(range == "1200\t2000-01-02 00:00:00.000\t2099-12-02 00:00:00.000")
            #expect(try warehouse.value("SELECT count() FROM system.parts WHERE table = 'clicks_local'") == "1")
        }

        @Test(arguments: [
            #"{"event_id":"zz"}"#, #"{"event_id":""}"#, #"not json"#, #"{"event_id":"\#(uuid(1))"#,
            #"{"event_id":"\#(uuid(1))","unknown":1}"#, #"{"event_id":"\#(uuid(1))","time":"yesterday"}"#,
            #"{"event_id":"\#(uuid(1))","time":{"a":1}}"#, #"{"event_id":"\#(uuid(1))","x":"wide"}"#,
            #"{"event_id":"\#(uuid(1))","obj_id":5}"#, #"{"event_id":"\#(uuid(1))","obj_id":["a"]}"#,
            #"{"event_id":"\#(uuid(1))","x":true}"#, #"{"event_id":"\#(uuid(1))","obj_id":"a}"#, "[1]", "\"x\"",
        ])
        func `Lines that do not fit are refused for their content`(line: String) throws {
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            expectRefused(warehouse, line + "\n")
            #expect(try warehouse.value("SELECT count() FROM clicks_local") == "0")
        }

        private func expectRefused(_ warehouse: EmbeddedWarehouse, _ lines: String) {
            do throws(WarehouseError) {
                try warehouse.insert(lines, into: .click, token: "t")
                Issue.record("accepted: \(lines.suffix(80))")
            } catch {
                guard case .refusedContent(let reason) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(!reason.contains("/proc/"))
            }
        }
    }
}

extension EngineTests.InsertTests {
    @Test func `A part that power took, while its token was kept, is inserted again`() throws {
        let lines = ByteBuffer((1...3).map { click(id: $0) }.joined())
        let first = try openWarehouse(in: folder)
        try first.insert(lines.bytes, into: .events(.click), token: "plan")
        let part = try first.value("SELECT path FROM system.parts WHERE table = 'clicks_local' AND active")
        first.close()
        #expect(Service.shell("rm -r '\(part)'").code == 0)

        let second = try openWarehouse(in: folder)
        defer { second.close() }
        // What the token alone does: the engine takes it for done.
        try second.insert(lines.bytes, into: .events(.click), token: "plan")
        #expect(try second.value("SELECT count() FROM clicks_local") == "0")
        for _ in 0..<2 { try second.insertMissing(lines.bytes, into: .events(.click), token: "plan") }
        #expect(try second.value("SELECT count(), uniqExact(event_id) FROM clicks_local") == "3\t3")
    }

    @Test func `Of lines that are partly in, the others go in, and a later copy of one as well`() throws {
        let warehouse = try openWarehouse(in: folder)
        defer { warehouse.close() }
        try warehouse.insert(click(id: 1) + click(id: 2), into: .click, token: "a")
        let lines = ByteBuffer(
            click(id: 2) + click(id: 3) + click(id: 1, received: "2026-11-24 01:46:09.000"))
        try warehouse.insertMissing(lines.bytes, into: .events(.click), token: "b")
        #expect(try warehouse.value("SELECT count() FROM clicks_local") == "4")
        #expect(try warehouse.value("SELECT count(), max(received_at) FROM clicks") == "3\t2026-11-24 01:46:09.000")
    }
}

private let common =
    #""platform":"tv","app_version":"1.2","verdict":"bot","extra":"#
private let times = #""time":"2026-11-24 01:46:00.123","received_at":"2026-11-24 01:46:00.125","#

private func own(_ kind: EventKind) -> String {
    switch kind {
    case .click: #""obj_id":"b#1","url":"https://a/б","x":1.5,"y":-2,"text":"Play \"now\"""#
    case .page: #""url":"https://a/b","duration":16.25,"title":"T","referrer":"r","scroll":99.5"#
    case .film:
        #""film_id":"b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89","timecode":"00:41:07.500000","position":2467.5,"#
            + #""view_id":"v","duration":7200,"watched":[[0,10.5],[20,30]],"rate":1.5,"quality":"1080p""#
    case .custom: #""name":"quality_changed","information":"#
    }
}

private func line(_ kind: EventKind, object: String) -> String {
    #"{"event_id":"\#(uuid(1))","user_id":"\#(uuid(2))",\#(times)"anonymous_id":"anon","session_id":"sess","#
        + "\(common)\(object),\(own(kind))\(kind == .custom ? object : "")}\n"
}

/// A line with every key, and the row that it makes.
private func fullLine(_ kind: EventKind) -> String { line(kind, object: #"{"a":1}"#) }
private func fullRow(_ kind: EventKind) -> String { line(kind, object: #""{\"a\":1}""#) }

/// A line with the event's identity and times only, and the row that it makes.
private func bareLine(_ kind: EventKind) -> String {
    #"{"event_id":"\#(uuid(3))","time":"2026-11-24 01:46:01.000","received_at":"2026-11-24 01:46:01.000"}"# + "\n"
}

private func bareRow(_ kind: EventKind) -> String {
    let nobody = "00000000-0000-0000-0000-000000000000"
    let own =
        switch kind {
        case .click: #""obj_id":"","url":"","x":null,"y":null,"text":"""#
        case .page: #""url":"","duration":0,"title":"","referrer":"","scroll":null"#
        case .film:
            #""film_id":"\#(nobody)","timecode":"","position":0,"view_id":"","duration":null,"watched":[],"rate":null,"#
                + #""quality":"""#
        case .custom: #""name":"","information":"""#
        }
    return #"{"event_id":"\#(uuid(3))","user_id":"\#(nobody)","time":"2026-11-24 01:46:01.000","#
        + #""received_at":"2026-11-24 01:46:01.000","anonymous_id":"","session_id":"","platform":"","app_version":"","#
        + #""verdict":"","extra":"","# + own + "}\n"
}
