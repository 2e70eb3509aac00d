public import EventLog
public import Events
import Glibc
import Platform
import Synchronization

/// The brokers of one test: the real ones that `KAFKA_BROKERS` names, each test with topics of its own there; or three in a
/// process of their own (Tests/KafkaStandIn), which a test can steer, gone with the test.
public final class Brokers: Sendable {
    public static let real = getenv("KAFKA_BROKERS").map { String(cString: $0) }
    public static var canBeSteered: Bool { real == nil }
    /// How many copies real brokers can make; nil: the default.
    private static let copies = getenv("KAFKA_REPLICATION_FACTOR").map { String(cString: $0) }

    /// For `down` and `up`: all of them.
    public static let any = -1

    public let addresses: String
    public let topicPrefix: String
    private let standIn: StandIn?

    public struct Failure: Error {
        public let text: String
        public init(text: String) { self.text = text }
    }

    /// - Parameter topics: made at once with three partitions each, where brokers do not take CreateTopics.
    public init(topics: Bool = true) throws {
        if let real = Brokers.real {
            (addresses, standIn) = (real, nil)
            topicPrefix = "test-\(UInt64.random(in: 0 ... .max))-"
        } else {
            let started = try StandIn()
            (addresses, standIn, topicPrefix) = (started.addresses, started, "")
            if topics { try makeTopics() }
        }
    }

    public func configure(_ options: inout KafkaOptions) {
        options.topicPrefix = topicPrefix
        guard let copies = Brokers.copies.flatMap({ Int($0) }) else { return }
        options.topics.replicationFactor = copies
        options.topics.minInsyncReplicas = min(copies, 2)
    }

    /// For a program that is to use them.
    public var settings: [String: String] {
        var settings = ["KAFKA_BROKERS": addresses, "KAFKA_TOPIC_PREFIX": topicPrefix]
        if let copies = Brokers.copies { settings["KAFKA_REPLICATION_FACTOR"] = copies }
        return settings
    }

    public func makeTopics() throws {
        for topic in Topic.allCases { try say("topic \(topic.name) 3 3") }
    }

    public func down(_ broker: Int = Brokers.any) throws { try say("down \(broker)") }
    public func up(_ broker: Int = Brokers.any) throws { try say("up \(broker)") }
    public func delay(milliseconds: Int) throws { try say("delay \(Brokers.any) \(milliseconds)") }
    public func leader(_ topic: Topic, _ partition: Int, _ broker: Int) throws {
        try say("leader \(topic.name) \(partition) \(broker)")
    }

    private func say(_ command: String) throws {
        guard let standIn else { throw Failure(text: "real brokers cannot be steered: \(command)") }
        try standIn.say(command)
    }
}

/// The process, and the pipes to it.
///
/// `@unchecked Sendable`: the pipes are used under the lock.
private final class StandIn: @unchecked Sendable {
    let addresses: String
    private let pid: pid_t
    private let commands: UnsafeMutablePointer<FILE>
    private let answers: UnsafeMutablePointer<FILE>
    private let lock = Mutex(())

    init() throws {
        var (input, output): ([Int32], [Int32]) = ([0, 0], [0, 0])
        guard pipe(&input) == 0, pipe(&output) == 0 else { throw Brokers.Failure(text: "no pipe") }
        // Otherwise the other processes of the test would hold them.
        for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pid = try StandIn.spawn(input[0], output[1])
        close(input[0])
        close(output[1])
        commands = fdopen(input[1], "w")
        answers = fdopen(output[0], "r")
        addresses = StandIn.line(answers)
        guard !addresses.isEmpty else {
            throw Brokers.Failure(text: "the stand-in does not start: swift build --build-tests")
        }
    }

    deinit {
        fclose(commands)
        fclose(answers)
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    func say(_ command: String) throws {
        let answer = lock.withLock { _ in
            fputs(command + "\n", commands)
            fflush(commands)
            return StandIn.line(answers)
        }
        guard answer == "ok" else { throw Brokers.Failure(text: "\(command): \(answer)") }
    }

    private static func line(_ file: UnsafeMutablePointer<FILE>) -> String {
        var bytes = [CChar](repeating: 0, count: 1024)
        guard fgets(&bytes, Int32(bytes.count), file) != nil else { return "" }
        return String(decoding: bytes.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func spawn(_ input: Int32, _ output: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        let path = Service.root + "/.build/release/KafkaStandIn"
        let words = [strdup(path), nil]
        defer { free(words[0]) }
        var pid = pid_t()
        guard posix_spawn(&pid, path, &actions, nil, words, environ) == 0 else {
            throw Brokers.Failure(text: "\(path) cannot be started")
        }
        return pid
    }
}
