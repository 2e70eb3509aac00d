/// Lines on their way to the log: a buffer and a count per topic, each line ended by a newline. What one request brought;
/// reused from request to request.
///
/// `@unchecked Sendable`: one owner at a time, like its buffers.
public final class EventLines: @unchecked Sendable {
    private let buffers: [ByteBuffer]
    private var counts: [Int]

    public init() {
        buffers = Topic.allCases.map { _ in ByteBuffer(capacity: 1024) }
        counts = Topic.allCases.map { _ in 0 }
    }

    public func buffer(_ topic: Topic) -> ByteBuffer { buffers[Int(topic.rawValue)] }
    public func count(_ topic: Topic) -> Int { counts[Int(topic.rawValue)] }

    /// Says that one more whole line (with its newline) is in the topic's buffer.
    public func lineAdded(_ topic: Topic) { counts[Int(topic.rawValue)] += 1 }

    // A kind's events are in the topic of the same number.
    public func buffer(_ kind: EventKind) -> ByteBuffer { buffers[Int(kind.rawValue)] }
    public func count(_ kind: EventKind) -> Int { counts[Int(kind.rawValue)] }
    public func lineAdded(_ kind: EventKind) { counts[Int(kind.rawValue)] += 1 }

    public var isEmpty: Bool { counts.allSatisfy { $0 == 0 } }
    public var totalCount: Int { counts.reduce(0, +) }
    public var totalBytes: Int { buffers.reduce(0) { $0 + $1.count } }

    /// Forgets the lines; keeps at most 64 KiB of memory a topic.
    public func clear() {
        for index in counts.indices {
            counts[index] = 0
            buffers[index].clear(keeping: 65_536)
        }
    }
}
