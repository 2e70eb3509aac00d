import Events

/// What a canonical line was made from: the event that its client sent, and what the Collector knew besides.
struct RecoveredEvent {
    private let line: JSONValue
    let context: EventContext

    /// Columns that the Collector filled in.
    private static let own: Set<String> = ["user_id", "received_at", "verdict", "position", "time", "extra"]

    /// Nil for a line whose frame is broken: nobody knows then whose event it was.
    init?(_ line: JSONValue) {
        guard line.kind == .object, let user = line["user_id"]?.string.flatMap({ UUID($0) }),
            let receivedAt = line["received_at"]?.string.flatMap(Timestamp.init(text:)),
            let verdict = Verdict(rawValue: line["verdict"]?.string ?? ""), line["event_id"] != nil
        else { return nil }
        self.line = line
        context = EventContext(userID: user == .none ? nil : user, receivedAt: receivedAt, verdict: verdict)
    }

    /// The event: its time is corrected already, its own fields stand among the others again.
    func write(into out: ByteBuffer) {
        out.append("{")
        var isFirst = true
        func write(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
            if !isFirst { out.append(",") }
            isFirst = false
            out.appendJSON(string: key)
            out.append(":")
            out.appendJSON(value)
        }
        var members = line.members
        while let (key, value) = members.next() {
            if !RecoveredEvent.own.contains(String(decoding: key, as: UTF8.self)) { write(key, value) }
        }
        if let extra = line["extra"], extra.kind == .object {
            var members = extra.members
            while let (key, value) = members.next() { write(key, value) }
        }
        if let time = line["time"]?.string {
            out.append("\(isFirst ? "" : ",")\"time\":")
            out.appendJSON(string: time + "Z")
        }
        out.append("}")
    }
}
