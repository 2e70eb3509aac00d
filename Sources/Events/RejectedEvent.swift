/// An event that failed its checks, as the topic `rejected` keeps it: one line of JSON whose keys are columns of the table
/// `quarantine`. It holds what the event said and what replaying it needs; nothing of the request's head.
public struct RejectedEvent {
    /// What came, to be read by people and by a replay.
    public enum Payload {
        /// Text as it was sent, UTF-8 or not.
        case text(UnsafeRawBufferPointer)
        /// One event of a parsed batch.
        case value(JSONValue)
    }

    /// Nil: not known.
    public var kind: EventKind?
    public var payload: Payload
    /// The payload, where it could be parsed.
    public var value: JSONValue?
    /// At least one.
    public var errors: [EventError]
    public var context: EventContext

    static let fieldBytesMax = 128
    static let reasonBytesMax = 1024

    public init(
        kind: EventKind?, payload: Payload, value: JSONValue?, errors: [EventError], context: EventContext
    ) {
        precondition(!errors.isEmpty)
        self.kind = kind
        self.payload = payload
        self.value = value
        self.errors = errors
        self.context = context
    }

    /// Adds the line to `lines`.
    ///
    /// - Parameters:
    ///   - newID: the identity of an event that has no valid one of its own: a replay keeps it.
    ///   - payloadBytesMax: of what is longer the beginning is kept, and `reason` says so.
    public func write(into lines: EventLines, newID: UUID, payloadBytesMax: Int, scratch: ByteBuffer) {
        let isCut = preparePayload(scratch, payloadBytesMax)
        let out = lines.buffer(.rejected)
        out.append("{\"kind\":\"\(kind?.type ?? "")\",\"event_id\":\"")
        out.append(ownID ?? newID)
        out.append("\",\"user_id\":\"")
        out.append(context.userID ?? .none)
        if let device = field("anonymous_id", EventFields.common[CommonField.anonymousID].type) {
            out.append("\",\"anonymous_id\":")
            out.appendJSON(string: device.stringBytes)
            out.append(",\"received_at\":\"")
        } else {
            out.append("\",\"received_at\":\"")
        }
        out.appendClickHouse(context.receivedAt)
        if let sentAt = context.sentAt {
            out.append("\",\"sent_at\":\"")
            out.appendClickHouse(sentAt)
        }
        if context.verdict != .good { out.append("\",\"verdict\":\"\(context.verdict.rawValue)") }
        out.append("\",\"source\":\"rejected\",\"field\":")
        out.appendJSON(string: errors[0].field.cut(RejectedEvent.fieldBytesMax))
        out.append(",\"reason\":")
        out.appendJSON(string: reason(isCut ? payloadBytesMax : nil))
        out.append(",\"payload\":")
        out.appendJSON(string: scratch.bytes)
        out.append("}\n")
        lines.lineAdded(.rejected)
    }

    private var ownID: UUID? {
        guard let own = field("event_id", .uuid), let id = UUID(own.stringBytes), id != .none else { return nil }
        return id
    }

    private func field(_ name: String, _ type: FieldType) -> JSONValue? {
        guard let value = value?[name], type.accepts(value) else { return nil }
        return value
    }

    /// The first fault's words, then the others with their fields.
    private func reason(_ cutAt: Int?) -> String {
        var text = errors[0].message
        for error in errors.dropFirst() {
            guard text.utf8.count < RejectedEvent.reasonBytesMax else { break }
            text +=
                "; " + (error.field.isEmpty ? "" : error.field.cut(RejectedEvent.fieldBytesMax) + " ") + error.message
        }
        text = text.cut(RejectedEvent.reasonBytesMax)
        return cutAt.map { text + "; only the first \($0) bytes are kept" } ?? text
    }

    /// The payload as UTF-8 in `out`; answers whether it had to be cut.
    private func preparePayload(_ out: ByteBuffer, _ bytesMax: Int) -> Bool {
        out.clear()
        switch payload {
        case .value(let value): out.appendJSON(value)
        case .text(let text):
            // Repaired, text may be up to three times as long: what is certainly too long is cut before.
            let start = UnsafeRawBufferPointer(rebasing: text.prefix(bytesMax + 1))
            out.append(String(decoding: start, as: UTF8.self))
        }
        guard out.count > bytesMax else { return false }
        out.truncate(to: out.bytes.cut(bytesMax).count)
        return true
    }
}

extension UnsafeRawBufferPointer {
    /// At most so many bytes from the start of this UTF-8, no character in two.
    func cut(_ bytesMax: Int) -> UnsafeRawBufferPointer {
        guard count > bytesMax else { return self }
        var end = bytesMax
        while end > 0, self[end] & 0xC0 == 0x80 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[..<end])
    }
}

extension String {
    fileprivate func cut(_ bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        var copy = self
        return copy.withUTF8 { String(decoding: UnsafeRawBufferPointer($0).cut(bytesMax), as: UTF8.self) }
    }
}
