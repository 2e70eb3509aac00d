import Events

/// Events on their way to the collector: their lines in one buffer, and the number of each line where it came from.
final class EventBatch {
    /// The collector takes no more in one request.
    static let eventsMax = 2000
    /// Below the collector's limit of 1 MiB on the wire.
    static let bytesMax = 1_000_000

    private let lines = ByteBuffer(capacity: 65_536)
    private var starts: [Int] = []
    private(set) var lineNumbers: [Int] = []

    var count: Int { starts.count }
    var isEmpty: Bool { starts.isEmpty }

    /// Whether a line of so many bytes would make the request too long.
    func isFull(forLineBytes bytes: Int) -> Bool { !isEmpty && lines.count + bytes > EventBatch.bytesMax }

    /// Adds a line that `write` appends, without its end.
    func add(lineNumber: Int, _ write: (ByteBuffer) -> Void) {
        starts.append(lines.count)
        lineNumbers.append(lineNumber)
        write(lines)
        lines.append(UInt8(ascii: "\n"))
    }

    /// NDJSON of the events in `range`; valid until the batch changes.
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        guard !range.isEmpty else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let end = range.upperBound < count ? starts[range.upperBound] : lines.count
        return UnsafeRawBufferPointer(rebasing: lines.bytes[starts[range.lowerBound]..<end])
    }

    func clear() {
        lines.clear()
        starts.removeAll(keepingCapacity: true)
        lineNumbers.removeAll(keepingCapacity: true)
    }
}
