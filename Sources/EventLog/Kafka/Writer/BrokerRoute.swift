internal import Platform
internal import Synchronization

/// Whether appends go to the brokers, and by which producer; or to the spool, and why.
final class BrokerRoute: Sendable {
    private struct State {
        var producer: KafkaProducer?
        /// Why appends go to the spool; nil: they do not.
        var detour: String?
    }

    private let state: Mutex<State>
    private let logger: Logger

    init(detour: String, logger: Logger) {
        state = Mutex(State(producer: nil, detour: detour))
        self.logger = logger
    }

    /// Nil: to the spool.
    var open: KafkaProducer? { state.withLock { $0.detour == nil ? $0.producer : nil } }
    var producer: KafkaProducer? { state.withLock { $0.producer } }
    var detour: String? { state.withLock { $0.detour } }

    func close(_ reason: String) {
        let isNew = state.withLock { state in
            guard state.detour == nil else { return false }
            state.detour = reason
            return true
        }
        if isNew { logger.warning("brokers do not acknowledge: events go to the spool", ["reason": reason]) }
    }

    func reopen() {
        let wasClosed = state.withLock { state in
            defer { state.detour = nil }
            return state.detour != nil
        }
        if wasClosed { logger.info("brokers acknowledge: events go to Kafka") }
    }

    /// Puts `new` in the place of `old`; false where another is there already.
    func replace(_ old: KafkaProducer?, by new: KafkaProducer?) -> Bool {
        state.withLock { state in
            guard state.producer === old else { return false }
            state.producer = new
            return true
        }
    }
}
