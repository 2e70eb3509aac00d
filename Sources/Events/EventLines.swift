/// Canonical lines on their way to the log: a buffer and a count per kind, each line ended by a newline.
/// One request's accepted events; reused from request to request.
///
/// `@unchecked Sendable`: one owner at a time, like its buffers.
public final class EventLines: @unchecked Sendable {
    private let buffers: [ByteBuffer]
    private var counts: [Int]

    public init() {
        buffers = EventKind.allCases.map { _ in ByteBuffer(capacity: 1024) }
        counts = EventKind.allCases.map { _ in 0 }
    }

    public func buffer(_ kind: EventKind) -> ByteBuffer { buffers[Int(kind.rawValue)] }
    public func count(_ kind: EventKind) -> Int { counts[Int(kind.rawValue)] }

    /// Says that one more whole line (with its newline) is in the kind's buffer.
    public func lineAdded(_ kind: EventKind) { counts[Int(kind.rawValue)] += 1 }

    public var isEmpty: Bool { counts.allSatisfy { $0 == 0 } }
    public var totalCount: Int { counts.reduce(0, +) }
    public var totalBytes: Int { buffers.reduce(0) { $0 + $1.count } }

    /// Forgets the lines; keeps at most 64 KiB of memory a kind.
    public func clear() {
        for index in counts.indices {
            counts[index] = 0
            buffers[index].clear(keeping: 65_536)
        }
    }
}
