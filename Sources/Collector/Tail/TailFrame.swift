import Events

/// How an event is told: as one server-sent event (HTML standard, section 9.2), its data one line of JSON.
enum TailFrame {
    /// `{"kind":…,"key":…,"event":{the canonical line}}`; of a line longer than `bytesMax` only its head, and `bytes`, its length;
    /// `warnings`, where it does not fit its schema.
    static func accepted(
        _ line: UnsafeRawBufferPointer, _ head: CanonicalLine.Head, _ kind: EventKind, _ warnings: [EventError],
        key: String?, bytesMax: Int, into out: ByteBuffer
    ) {
        out.append("event: accepted\ndata: {\"kind\":\"\(kind.type)\",\"key\":")
        write(key, out)
        out.append(",\"event\":")
        if line.count <= bytesMax {
            out.append(line)
        } else {
            out.append("{\"event_id\":\"")
            out.append(head.eventID)
            out.append("\",\"user_id\":\"")
            out.append(head.userID)
            out.append("\",\"received_at\":\"")
            out.append(head.receivedAt)
            out.append("\"},\"bytes\":\(line.count)")
        }
        if !warnings.isEmpty {
            out.append(",\"warnings\":")
            out.appendJSON(warnings)
        }
        out.append("}\n\n")
    }

    /// `{"status":…,"key":…,` and what the quarantine would hold.
    ///
    /// - Parameters:
    ///   - status: what its sender was answered (HTTP).
    ///   - lines: empty; for the quarantine's line.
    static func rejected(
        _ event: RejectedEvent, status: Int, key: String?, bytesMax: Int, lines: EventLines, scratch: ByteBuffer,
        into out: ByteBuffer
    ) {
        event.write(into: lines, newID: .none, payloadBytesMax: bytesMax, scratch: scratch)
        defer {
            lines.clear()
            scratch.clear(keeping: 65_536)
        }
        out.append("event: rejected\ndata: {\"status\":\(status),\"key\":")
        write(key, out)
        out.append(",")
        // Behind its opening brace, up to its line end.
        let line = lines.buffer(.rejected).bytes
        out.append(UnsafeRawBufferPointer(rebasing: line[1..<(line.count - 1)]))
        out.append("\n\n")
    }

    private static func write(_ key: String?, _ out: ByteBuffer) {
        if let key { out.appendJSON(string: key) } else { out.append("null") }
    }
}
