internal import Platform
internal import Synchronization

/// Makes and checks the topics when a role starts, again and again until they are all there: brokers may come later than we.
/// One thread, which ends with the work.
final class TopicWatch: Sendable {
    private static let firstPauseMilliseconds = 500
    private static let pauseMillisecondsMax = 10_000

    private struct State {
        var areThere = false
        var isStopped = false
        var complaint: String?
    }

    private let topics: KafkaTopics
    private let logger: Logger
    private let state = Condition(State())

    init(_ options: KafkaOptions, logger: Logger) throws(KafkaTopicsError) {
        topics = try KafkaTopics(options, logger: logger)
        self.logger = logger
    }

    func start() { _ = Thread("kafka topics") { self.run() } }

    func stop() {
        state.withLock { $0.isStopped = true }
        state.broadcast()
    }

    /// Whether they are there, within so long.
    func wait(atMost milliseconds: Int) -> Bool {
        state.wait(atMost: milliseconds, until: { $0.areThere || $0.isStopped }) { $0.areThere }
    }

    var areThere: Bool { state.withLock { $0.areThere } }

    private func run() {
        var pause = TopicWatch.firstPauseMilliseconds
        while !isDone() {
            let isStopped = state.wait(atMost: pause, until: { $0.isStopped }) { $0.isStopped }
            if isStopped { return }
            pause = min(2 * pause, TopicWatch.pauseMillisecondsMax)
        }
    }

    private func isDone() -> Bool {
        do throws(KafkaTopicsError) {
            var reports = try topics.check(creating: true)
            if let missing = reports.first(where: { !$0.exists }) {
                complain("topic \(missing.name): \(missing.state.words)")
                return false
            }
            finish()
            topics.compareSettings(&reports)
            for report in reports { tell(report) }
            return true
        } catch {
            complain(error.description)
            return false
        }
    }

    private func finish() {
        state.withLock { $0.areThere = true }
        state.broadcast()
    }

    private func tell(_ report: KafkaTopicReport) {
        if report.state == .created { logger.info("topic created", ["topic": report.name]) }
        guard report.exists else { return }
        for difference in report.differences {
            logger.warning("a topic is not as the settings have it", ["topic": report.name, "found": difference])
        }
    }

    /// Once for each new reason.
    private func complain(_ reason: String) {
        let isNew = state.withLock { state in
            defer { state.complaint = reason }
            return state.complaint != reason
        }
        if isNew { logger.warning("the topics cannot be used yet", ["reason": reason]) }
    }
}

extension KafkaTopicReport.State {
    public var words: String {
        switch self {
        case .present: "present"
        case .created: "created"
        case .missing(let why): "missing: \(why)"
        }
    }
}
