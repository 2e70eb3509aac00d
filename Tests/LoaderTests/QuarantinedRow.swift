import Events
import Loader
import Platform
import Warehouse

/// A row of `quarantine` as a test wants it.
struct QuarantinedRow {
    static let log = "0198c0de-0000-7000-8000-0000000000aa"

    var topic = "rejected"
    var log = QuarantinedRow.log
    var partition = 0
    var position: Int
    var kind = "click"
    var eventID: String
    var userID = UUID.none.description
    var receivedAt = "2026-11-24 01:46:00.125"
    var sentAt: String?
    var verdict = ""
    var quarantinedAt = "2026-11-24 01:46:01.000"
    var source = "rejected"
    var field = "obj_id"
    var reason = "as it was"
    var payload: String

    init(_ position: Int, payload: String) {
        self.position = position
        self.payload = payload
        eventID = QuarantinedRow.id(position)
    }

    static func id(_ number: Int) -> String {
        let digits = String(number)
        return "0198c0de-7d2b-7b7e-8f3a-" + String(repeating: "0", count: 12 - digits.utf8.count) + digits
    }

    var line: String {
        let text = ByteBuffer()
        text.append("\(place),\"kind\":\"\(kind)\",\"event_id\":\"\(eventID)\",\"user_id\":\"\(userID)\"")
        text.append(
            ",\"received_at\":\"\(receivedAt)\",\"quarantined_at\":\"\(quarantinedAt)\",\"source\":\"\(source)\"")
        if let sentAt { text.append(",\"sent_at\":\"\(sentAt)\"") }
        text.append(",\"verdict\":\"\(verdict)\",\"field\":\"\(field)\",\"reason\":\"\(reason)\",\"payload\":")
        text.appendJSON(string: payload)
        text.append("}\n")
        return text.string
    }

    /// What the ledger says of it before a replay.
    var delivery: String {
        "\(topic)\t\(log)\t\(partition)\t\(position)\t\(kind)\t\(eventID)\t\(receivedAt)\tquarantined\t\(quarantinedAt)\n"
    }

    private var place: String {
        "{\"topic\":\"\(topic)\",\"log\":\"\(log)\",\"partition\":\(partition),\"position\":\(position)"
    }
}

extension Warehouse {
    /// Empties the tables and puts rows into quarantine.
    func quarantine(_ rows: [QuarantinedRow]) throws(WarehouseError) {
        for table in EventKind.allCases.map(\.topic) + ["quarantine", "deliveries"] {
            try query("TRUNCATE TABLE \(table)_local", format: "Null") { _ in }
        }
        let token = "test-\(UInt64.random(in: 0 ... .max))"
        let (lines, deliveries) = (ByteBuffer(rows.map(\.line).joined()), ByteBuffer(rows.map(\.delivery).joined()))
        try withExtendedLifetime((lines, deliveries)) { () throws(WarehouseError) in
            try insert(lines.bytes, into: .quarantine, token: token)
            try insert(deliveries.bytes, into: .deliveries, token: token)
        }
    }

    func replay(_ limits: EventLimits = EventLimits(), _ change: (inout ReplayOptions) -> Void = { _ in })
        throws(WarehouseError) -> ReplayProgress
    {
        var options = ReplayOptions()
        change(&options)
        return try Replay(self, limits: limits, options: options).run()
    }
}

extension ReplayProgress {
    init(_ read: Int, replayed: Int = 0, there: Int = 0, refused: Int = 0) {
        self.init()
        self.read = read
        self.replayed = replayed
        alreadyThere = there
        self.refused = refused
    }
}
