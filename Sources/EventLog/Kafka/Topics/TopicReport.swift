public import Events

/// What was found of one topic, and done about it.
public struct KafkaTopicReport: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        /// It was there already.
        case present
        case created
        /// It is not there, and this is why it was not made.
        case missing(String)
    }

    public let topic: Topic
    /// As brokers call it.
    public let name: String
    public internal(set) var state: State
    /// What is otherwise than wished, in words for an operator.
    public internal(set) var differences: [String] = []

    init(_ topic: Topic, _ name: String, _ state: State) {
        self.topic = topic
        self.name = name
        self.state = state
    }

    public var exists: Bool {
        if case .missing = state { return false }
        return true
    }
}

/// Why nothing can be said of the topics.
public struct KafkaTopicsError: Error, Sendable, CustomStringConvertible {
    public let description: String
}
