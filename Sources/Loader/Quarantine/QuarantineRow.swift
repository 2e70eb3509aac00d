import Events

/// One row of `quarantine`, as far as replaying needs it and to write it anew.
struct QuarantineRow {
    let position: Int64
    let kind: String
    let eventID: UUID
    let userID: UUID
    let anonymousID: String
    let receivedAt: Timestamp
    let sentAt: Timestamp
    let verdict: String
    let quarantinedAt: Timestamp
    let source: String
    let field: String
    let reason: String
    let payload: [UInt8]

    /// As texts, so that one form holds for every server: `RowBinaryReader`.
    static let columns = """
        toString(position), toString(kind), toString(event_id), toString(user_id), anonymous_id, \
        toString(received_at), toString(sent_at), toString(verdict), toString(quarantined_at), toString(source), \
        toString(field), reason, payload
        """

    /// Nil where no whole row is left.
    init?(_ reader: inout RowBinaryReader) {
        func text() -> String? { reader.text().map { String(decoding: $0, as: UTF8.self) } }
        func time() -> Timestamp? { text().map { Timestamp(text: $0) ?? Timestamp(unixMilliseconds: 0) } }
        guard let position = text().flatMap({ Int64($0) }), let kind = text(),
            let eventID = text().flatMap({ UUID($0) }),
            let userID = text().flatMap({ UUID($0) }), let anonymousID = text(), let receivedAt = time(),
            let sentAt = time(), let verdict = text(), let quarantinedAt = time(), let source = text(),
            let field = text(), let reason = text(), let payload = reader.text()
        else { return nil }
        self.position = position
        self.kind = kind
        self.eventID = eventID
        self.userID = userID
        self.anonymousID = anonymousID
        self.receivedAt = receivedAt
        self.sentAt = sentAt
        self.verdict = verdict
        self.quarantinedAt = quarantinedAt
        self.source = source
        self.field = field
        self.reason = reason
        self.payload = Array(payload)
    }

    /// When its next version is: now, and later than the version that is there, also where the clock was set back.
    func nextVersion(now: Timestamp) -> Timestamp {
        max(now, Timestamp(unixMilliseconds: quarantinedAt.unixMilliseconds + 1))
    }

    /// Writes the row's next version.
    ///
    /// - Parameters:
    ///   - error: why it was refused again; nil where it keeps its reason.
    ///   - replayedAt: nil: it was not.
    func write(
        _ stream: QuarantineStream, _ error: EventError?, at moment: Timestamp, replayedAt: Timestamp?,
        into out: ByteBuffer
    ) {
        out.append(
            "{\"topic\":\"\(stream.topic)\",\"log\":\"\(stream.log)\",\"partition\":\(stream.partition),\"position\":\(position)"
        )
        out.append(",\"kind\":\"\(kind)\",\"event_id\":\"\(eventID)\",\"user_id\":\"\(userID)\",\"anonymous_id\":")
        out.appendJSON(string: anonymousID)
        out.append(",\"received_at\":\"")
        out.appendClickHouse(receivedAt)
        if sentAt.unixMilliseconds != 0 {
            out.append("\",\"sent_at\":\"")
            out.appendClickHouse(sentAt)
        }
        out.append("\",\"verdict\":\"\(verdict)\",\"quarantined_at\":\"")
        out.appendClickHouse(moment)
        if let replayedAt {
            out.append("\",\"replayed_at\":\"")
            out.appendClickHouse(replayedAt)
        }
        out.append("\",\"source\":\"\(source)\",\"field\":")
        out.appendJSON(string: error?.field ?? field)
        out.append(",\"reason\":")
        out.appendJSON(string: error?.message ?? reason)
        out.append(",\"payload\":")
        payload.withUnsafeBytes { out.appendJSON(string: $0) }
        out.append("}\n")
    }
}

extension Timestamp {
    /// As ClickHouse writes a time of UTC: `2026-01-31 12:00:00[.123]`.
    init?(text: String) {
        var text = text
        guard let value = text.withUTF8({ Timestamp(clickHouse: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = value
    }
}
