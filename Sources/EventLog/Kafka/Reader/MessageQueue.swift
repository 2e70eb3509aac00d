internal import CRDKafka

/// The fetched messages of one partition, in a queue of its own; and where that stands. Owns the queue and the messages.
///
/// `@unchecked Sendable`: kept behind its owner's lock.
final class MessageQueue: @unchecked Sendable {
    typealias Message = UnsafeMutablePointer<rd_kafka_message_t>

    private static let batch = 1000
    private static let seekMilliseconds: Int32 = 5000

    /// The offset that comes next; nil: not known, seek first.
    private(set) var next: Int64?
    /// Keeps the client: librdkafka wants queues gone before it.
    private let client: KafkaClient
    private let name: String
    private let partition: Int32
    private let handle: OpaquePointer
    /// Fetched and not taken yet, oldest first, from `taken` on.
    private var messages: [Message?] = []
    private var taken = 0

    /// Nil: librdkafka does not know the partition.
    ///
    /// Made before the partition is assigned, so that from the first message on all come here.
    init?(_ client: KafkaClient, _ name: String, _ partition: Int32) {
        guard let handle = rd_kafka_queue_get_partition(client.handle, name, partition) else { return nil }
        rd_kafka_queue_forward(handle, nil)
        self.client = client
        self.name = name
        self.partition = partition
        self.handle = handle
    }

    deinit {
        drop()
        rd_kafka_queue_destroy(handle)
    }

    /// Makes `position` what comes next. Nothing to do where it does already.
    func seek(_ position: Int64) throws(KafkaFailure) {
        guard next != position else { return }
        lostPlace()
        let list = PartitionList(name, partition, offset: position)
        let error = list.with { rd_kafka_seek_partitions(client.handle, $0, MessageQueue.seekMilliseconds) }
        try KafkaFailure.check(taking: error)
        try KafkaFailure.check(list.code)
        next = position
    }

    /// What has been fetched is not all that it should be.
    func lostPlace() {
        drop()
        next = nil
    }

    /// The oldest message that is not taken yet, waiting at most so long for it; nil: none has come.
    func first(waitMilliseconds: Int32) throws(KafkaFailure) -> Message? {
        while true {
            if taken == messages.count, !fetch(waitMilliseconds) { return nil }
            guard let message = messages[taken] else { return nil }
            let code = message.pointee.err
            if code == RD_KAFKA_RESP_ERR_NO_ERROR, message.pointee.offset >= next ?? 0 { return message }
            // An error of the partition's, or what was fetched before a seek.
            discard()
            try KafkaFailure.check(code)
        }
    }

    /// Done with the first one.
    func take() {
        guard taken < messages.count, let message = messages[taken] else { return }
        next = message.pointee.offset + 1
        discard()
    }

    private func fetch(_ waitMilliseconds: Int32) -> Bool {
        messages = Array(repeating: nil, count: MessageQueue.batch)
        taken = 0
        var count = max(0, rd_kafka_consume_batch_queue(handle, 0, &messages, messages.count))
        // The batch call waits until the batch is full; this one until there is something.
        if count == 0, waitMilliseconds > 0, let message = rd_kafka_consume_queue(handle, waitMilliseconds) {
            messages[0] = message
            count = 1
        }
        messages.removeLast(messages.count - count)
        return count > 0
    }

    private func discard() {
        rd_kafka_message_destroy(messages[taken])
        taken += 1
    }

    private func drop() {
        for message in messages[taken...] { rd_kafka_message_destroy(message) }
        messages.removeAll(keepingCapacity: true)
        taken = 0
    }
}
