internal import CRDKafka
internal import Events
internal import Glibc

/// A message's value as one line of the log.
///
/// What our Collector wrote is its line already. Others may write to the topics too, anything at all, and none of it may
/// become two lines, or half of one, or vanish. So a value that is one JSON object stands for itself (line ends between its
/// parts become blanks: JSON allows none elsewhere), for the Loader and the table to judge; any other becomes a JSON string
/// that holds it, which no table takes as a row: it comes to quarantine, legible. The topic `rejected` carries the
/// quarantine's own rows (`RejectedEvent`): there, what is none becomes one. The same value is the same line, always.
///
/// `@unchecked Sendable`: kept behind its owner's lock.
final class MessageLine: @unchecked Sendable {
    private static let depthMax = 128
    private static let valueBytesMax = 16 << 20
    private static let rejectedBegin = [UInt8]("{\"kind\":".utf8)
    private static let foreignRow: StaticString =
        "{\"kind\":\"\",\"source\":\"rejected\",\"reason\":\"somebody else's message in the topic\",\"payload\":"
    private let parser = JSONParser(capacityMax: valueBytesMax, depthMax: depthMax)

    func append(_ message: rd_kafka_message_t, of topic: Topic, to buffer: ByteBuffer) {
        append(UnsafeRawBufferPointer(start: message.payload, count: message.len), of: topic, to: buffer)
    }

    func append(_ value: UnsafeRawBufferPointer, of topic: Topic, to buffer: ByteBuffer) {
        let start = buffer.count
        buffer.append(value)
        if isRow(buffer, from: start, topic) {
            MessageLine.joinLines(buffer, from: start)
        } else {
            buffer.truncate(to: start)
            if topic.kind == nil { buffer.append(MessageLine.foreignRow) }
            // Repairs what is not UTF-8.
            buffer.appendJSON(string: String(decoding: value, as: UTF8.self))
            if topic.kind == nil { buffer.append(UInt8(ascii: "}")) }
        }
        buffer.append(UInt8(0x0A))
    }

    private func isRow(_ buffer: ByteBuffer, from start: Int, _ topic: Topic) -> Bool {
        buffer.reserve(JSONParser.padding)
        let value = UnsafeRawBufferPointer(rebasing: buffer.bytes[start...])
        guard (try? parser.parse(value))?.kind == .object else { return false }
        return topic.kind != nil || value.starts(with: MessageLine.rejectedBegin)
    }

    private static func joinLines(_ buffer: ByteBuffer, from start: Int) {
        for end: UInt8 in [0x0A, 0x0D] {
            var place = start
            while let found = memchr(buffer.base + place, Int32(end), buffer.count - place) {
                place = UnsafeRawPointer(found) - UnsafeRawPointer(buffer.base)
                buffer.base[place] = UInt8(ascii: " ")
            }
        }
    }
}
