internal import CRDKafka
internal import Glibc

/// A list of one partition, as librdkafka's calls take and answer it. Owns it.
final class PartitionList {
    private let handle: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// - Parameter note: what is kept with a committed offset.
    init(_ name: String, _ partition: Int32, offset: Int64? = nil, note: String = "") {
        handle = rd_kafka_topic_partition_list_new(1)
        let element = rd_kafka_topic_partition_list_add(handle, name, partition)!
        if let offset { element.pointee.offset = offset }
        guard !note.isEmpty else { return }
        // librdkafka frees it together with the list, by free().
        element.pointee.metadata = UnsafeMutableRawPointer(strdup(note))
        element.pointee.metadata_size = note.utf8.count
    }

    deinit { rd_kafka_topic_partition_list_destroy(handle) }

    /// The list for a call of librdkafka's, alive until the call returns.
    func with<Result>(_ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result) -> Result {
        withExtendedLifetime(self) { body(handle) }
    }

    /// What became of the partition in the last call.
    var code: rd_kafka_resp_err_t { with { $0.pointee.elems[0].err } }

    var offset: Int64 { with { $0.pointee.elems[0].offset } }

    /// What was kept with the committed offset.
    var note: String {
        with { list in
            let element = list.pointee.elems[0]
            let bytes = UnsafeRawBufferPointer(start: element.metadata, count: element.metadata_size)
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
