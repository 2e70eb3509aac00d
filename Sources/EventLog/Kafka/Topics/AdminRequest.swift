internal import CRDKafka

/// One administrative request and its answer. Owns the queue that the answer comes by.
final class AdminRequest {
    private static let marginMilliseconds: Int32 = 2000
    private let client: KafkaClient
    private let queue: OpaquePointer
    private let options: OpaquePointer
    private let timeoutMilliseconds: Int32

    init(_ client: KafkaClient, _ operation: rd_kafka_admin_op_t, _ timeoutMilliseconds: Int32) throws(KafkaFailure) {
        self.client = client
        self.timeoutMilliseconds = timeoutMilliseconds
        queue = rd_kafka_queue_new(client.handle)
        options = rd_kafka_AdminOptions_new(client.handle, operation)
        var text = [CChar](repeating: 0, count: 512)
        try KafkaFailure.check(
            rd_kafka_AdminOptions_set_request_timeout(options, timeoutMilliseconds, &text, text.count))
        guard operation == RD_KAFKA_ADMIN_OP_CREATETOPICS else { return }
        try KafkaFailure.check(
            rd_kafka_AdminOptions_set_operation_timeout(options, timeoutMilliseconds, &text, text.count))
    }

    deinit {
        rd_kafka_AdminOptions_destroy(options)
        rd_kafka_queue_destroy(queue)
    }

    /// By topic, what became of it; code 0: it is made.
    func createTopics(_ names: [String], _ wished: KafkaOptions) throws(KafkaFailure) -> [String: KafkaFailure] {
        var topics: [OpaquePointer?] = []
        defer { for topic in topics { rd_kafka_NewTopic_destroy(topic) } }
        for name in names { topics.append(try newTopic(name, wished)) }
        rd_kafka_CreateTopics(client.handle, &topics, topics.count, options, queue)
        let event = try answer()
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        var outcomes: [String: KafkaFailure] = [:]
        for result in UnsafeBufferPointer(start: results, count: count) {
            outcomes[String(cString: rd_kafka_topic_result_name(result))] = KafkaFailure(
                rd_kafka_topic_result_error(result),
                rd_kafka_topic_result_error_string(result).map { String(cString: $0) })
        }
        return outcomes
    }

    private func newTopic(_ name: String, _ wished: KafkaOptions) throws(KafkaFailure) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: 512)
        let settings = wished.topics
        guard
            let topic = rd_kafka_NewTopic_new(
                name, Int32(settings.partitions), Int32(settings.replicationFactor), &text, text.count)
        else { throw KafkaFailure(RD_KAFKA_RESP_ERR__INVALID_ARG, "\(name) cannot be a topic's name") }
        for (key, value, _) in KafkaTopics.configuration(wished) {
            let code = rd_kafka_NewTopic_set_config(topic, key, value)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                rd_kafka_NewTopic_destroy(topic)
                throw KafkaFailure(code)
            }
        }
        return topic
    }

    /// By topic, its settings by name. A topic whose settings are not told is missing.
    func configurations(_ names: [String]) throws(KafkaFailure) -> [String: [String: String]] {
        var resources: [OpaquePointer?] = names.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
        defer { for resource in resources { rd_kafka_ConfigResource_destroy(resource) } }
        rd_kafka_DescribeConfigs(client.handle, &resources, resources.count, options, queue)
        let event = try answer()
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let found = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count)
        var configurations: [String: [String: String]] = [:]
        for resource in UnsafeBufferPointer(start: found, count: count) {
            try KafkaFailure.check(rd_kafka_ConfigResource_error(resource))
            configurations[String(cString: rd_kafka_ConfigResource_name(resource))] = AdminRequest.entries(resource)
        }
        return configurations
    }

    private static func entries(_ resource: OpaquePointer?) -> [String: String] {
        var count = 0
        let entries = rd_kafka_ConfigResource_configs(resource, &count)
        var values: [String: String] = [:]
        for entry in UnsafeBufferPointer(start: entries, count: count) {
            guard let name = rd_kafka_ConfigEntry_name(entry), let value = rd_kafka_ConfigEntry_value(entry) else {
                continue
            }
            values[String(cString: name)] = String(cString: value)
        }
        return values
    }

    private func answer() throws(KafkaFailure) -> OpaquePointer {
        guard let event = rd_kafka_queue_poll(queue, timeoutMilliseconds + AdminRequest.marginMilliseconds) else {
            throw .away("no broker has answered within \(timeoutMilliseconds) ms")
        }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            defer { rd_kafka_event_destroy(event) }
            throw KafkaFailure(code, rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        return event
    }
}
