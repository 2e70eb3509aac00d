internal import Events

/// The lines of many appends, in order of arrival, with those who wait for them: what the next commit takes. Two
/// take turns, one being filled while the other is being written; their memory is kept.
///
/// `@unchecked Sendable`: filled under the queue's lock, then owned by the writer's thread until it gives it back.
final class PendingLines: @unchecked Sendable {
    private static let bytesKept = 4 << 20
    private static let waitersKept = 16_384

    private let buffers = Topic.allCases.map { _ in ByteBuffer(capacity: 65_536) }
    private var counts = Topic.allCases.map { _ in 0 }
    private(set) var waiters: [any AppendWaiter] = []
    private(set) var bytes = 0

    var isEmpty: Bool { waiters.isEmpty }

    func count(_ topic: Topic) -> Int { counts[Int(topic.rawValue)] }
    func lines(_ topic: Topic) -> UnsafeRawBufferPointer { buffers[Int(topic.rawValue)].bytes }

    func add(_ lines: EventLines, waiter: any AppendWaiter) {
        for index in counts.indices {
            let topic = Topic(rawValue: UInt8(index))!
            let count = lines.count(topic)
            guard count > 0 else { continue }
            let added = lines.buffer(topic).bytes
            precondition(added.last == 0x0A, "a line without its newline")
            buffers[index].append(added)
            counts[index] += count
            bytes += added.count
        }
        waiters.append(waiter)
    }

    func tell(_ outcome: AppendOutcome) {
        for waiter in waiters { waiter.appended(outcome) }
    }

    func clear() {
        for index in counts.indices {
            buffers[index].clear(keeping: PendingLines.bytesKept)
            counts[index] = 0
        }
        waiters.removeAll(keepingCapacity: waiters.capacity <= PendingLines.waitersKept)
        bytes = 0
    }
}
