internal import CRDKafka

/// What librdkafka or a broker said: its code, its words, and what follows from it. The one place where codes are judged.
package struct KafkaFailure: Error, Equatable {
    /// What to do about a failure.
    package enum Nature {
        /// Brokers are not to be reached, do not answer in time, or cannot store now. Try again.
        case away
        /// A message that no broker would ever take as it is.
        case refused
        /// The producer is at its end: make another.
        case fatal
        /// The partition belongs to another reader of the group now.
        case notOwner
        /// Brokers know this client and do not let it. Somebody has to look; it is tried again all the same.
        case denied
        /// Brokers cannot do this at all.
        case unsupported
    }

    package let code: Int32
    package let message: String

    init(_ code: rd_kafka_resp_err_t, _ message: String? = nil) {
        self.code = code.rawValue
        self.message = message ?? String(cString: rd_kafka_err2str(code))
    }

    /// Findings of our own, in librdkafka's terms.
    static func away(_ message: String) -> KafkaFailure { KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT, message) }
    static func notOwner(_ message: String) -> KafkaFailure {
        KafkaFailure(RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, message)
    }

    /// Takes over an error object. Nil stands for success.
    static func check(taking error: OpaquePointer?) throws(KafkaFailure) {
        guard let error else { return }
        defer { rd_kafka_error_destroy(error) }
        throw KafkaFailure(rd_kafka_error_code(error), String(cString: rd_kafka_error_string(error)))
    }

    static func check(_ code: rd_kafka_resp_err_t) throws(KafkaFailure) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaFailure(code) }
    }

    package var nature: Nature { KafkaFailure.natures[code] ?? .away }

    /// To a reader everything is worth another try: the log itself is in the brokers' hands.
    var readError: ReadError { .unavailable("Kafka: \(message)") }

    private static let natures: [Int32: Nature] = {
        var natures: [Int32: Nature] = [:]
        for (nature, codes) in judged {
            for code in codes { natures[code.rawValue] = nature }
        }
        return natures
    }()

    private static let judged: [(Nature, [rd_kafka_resp_err_t])] = [
        (
            .refused,
            [
                RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
                RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD,
                RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT,
            ]
        ),
        (.fatal, [RD_KAFKA_RESP_ERR__FATAL]),
        (
            .notOwner,
            [
                RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
                RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
            ]
        ),
        (
            .denied,
            [
                RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL,
                RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
                RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
                RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
            ]
        ),
        (.unsupported, [RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION]),
    ]
}
