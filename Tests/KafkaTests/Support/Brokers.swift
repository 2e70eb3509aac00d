import EventLog
import Events
import Glibc
import Platform
import Synchronization
import TestSupport

/// Three brokers in a process of their own (Tests/KafkaStandIn), and how to steer them. Gone with the test.
///
/// `@unchecked Sendable`: the pipes are used under the lock.
final class Brokers: @unchecked Sendable {
    static let anyBroker = -1
    /// Kafka's number of the produce request.
    static let produce = 0

    let addresses: String
    private let pid: pid_t
    private let commands: UnsafeMutablePointer<FILE>
    private let answers: UnsafeMutablePointer<FILE>
    private let lock = Mutex(())

    struct Failure: Error { let text: String }

    /// - Parameter topics: made at once with three partitions each: the stand-in does not take CreateTopics.
    init(topics: Bool = true) throws {
        var (input, output): ([Int32], [Int32]) = ([0, 0], [0, 0])
        guard pipe(&input) == 0, pipe(&output) == 0 else { throw Failure(text: "no pipe") }
        // Otherwise the other processes of the test would hold them.
        for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pid = try Brokers.spawn(input[0], output[1])
        close(input[0])
        close(output[1])
        commands = fdopen(input[1], "w")
        answers = fdopen(output[0], "r")
        addresses = Brokers.line(answers)
        guard !addresses.isEmpty else { throw Failure(text: "the stand-in does not start: swift build --build-tests") }
        if topics { try makeTopics() }
    }

    deinit {
        fclose(commands)
        fclose(answers)
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    func makeTopics() throws {
        for topic in Topic.allCases { try say("topic \(topic.name) 3 3") }
    }

    func down(_ broker: Int = anyBroker) throws { try say("down \(broker)") }
    func up(_ broker: Int = anyBroker) throws { try say("up \(broker)") }
    func delay(_ broker: Int = anyBroker, milliseconds: Int) throws { try say("delay \(broker) \(milliseconds)") }
    func fail(_ request: Int, times: Int, code: Int) throws { try say("fail \(request) \(times) \(code)") }
    func leader(_ topic: Topic, _ partition: Int, _ broker: Int) throws {
        try say("leader \(topic.name) \(partition) \(broker)")
    }
    func coordinator(_ topic: Topic, _ broker: Int) throws {
        try say("coordinator cinelog-\(topic.name) \(broker)")
    }

    private func say(_ command: String) throws {
        let answer = lock.withLock { _ in
            fputs(command + "\n", commands)
            fflush(commands)
            return Brokers.line(answers)
        }
        guard answer == "ok" else { throw Failure(text: "\(command): \(answer)") }
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
            throw Failure(text: "\(path) cannot be started")
        }
        return pid
    }
}
