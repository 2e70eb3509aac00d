import Events

/// Gives an event that has no `event_id` one, so that sending it twice makes one row. The line stays as it is but for
/// that.
final class EventIdentification {
    /// How much longer a line gets.
    static let bytesMax = 64

    private let parser = JSONParser(capacityMax: LineReader.lineBytesMax, depthMax: EventLimits().depthMax)
    private var identifiers = UUIDGenerator()

    /// Adds `line` to `batch`, or answers why it is no event. `JSONParser.padding` bytes behind it are readable.
    func add(_ line: UnsafeRawBufferPointer, number: Int, to batch: EventBatch, unixMilliseconds: Int64) -> String? {
        let event: JSONValue
        do throws(JSONError) {
            event = try parser.parse(line)
        } catch {
            return error.eventError.message
        }
        guard event.kind == .object else { return "an event must be a JSON object" }
        if let own = event["event_id"] {
            batch.add(lineNumber: number) { own.isNull ? write(event, unixMilliseconds, $0) : $0.append(line) }
        } else {
            batch.add(lineNumber: number) { insert(line, event, unixMilliseconds, $0) }
        }
        return nil
    }

    private func insert(
        _ line: UnsafeRawBufferPointer, _ event: JSONValue, _ unixMilliseconds: Int64, _ out: ByteBuffer
    ) {
        var members = event.members
        let isEmpty = members.next() == nil
        // The text was parsed as an object: its first brace opens it.
        let brace = line.firstIndex(of: UInt8(ascii: "{"))!
        out.append("{")
        writeIdentifier(unixMilliseconds, out)
        if !isEmpty { out.append(",") }
        out.append(UnsafeRawBufferPointer(rebasing: line[(brace + 1)...]))
    }

    /// An `event_id` of null says that there is none, and would stand beside ours: the event is written anew without it.
    private func write(_ event: JSONValue, _ unixMilliseconds: Int64, _ out: ByteBuffer) {
        out.append("{")
        writeIdentifier(unixMilliseconds, out)
        var members = event.members
        while let (key, value) = members.next() {
            if key.elementsEqual("event_id".utf8) { continue }
            out.append(",")
            out.appendJSON(string: key)
            out.append(":")
            out.appendJSON(value)
        }
        out.append("}")
    }

    private func writeIdentifier(_ unixMilliseconds: Int64, _ out: ByteBuffer) {
        out.append("\"event_id\":\"")
        out.append(identifiers.next(unixMilliseconds: unixMilliseconds))
        out.append("\"")
    }
}
