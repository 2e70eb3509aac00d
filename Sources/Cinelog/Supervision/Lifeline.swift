import Glibc
import Platform

/// A child's side of the lifeline: when the supervisor is gone, however it went, the child ends too.
enum Lifeline {
    /// What a store below a supervisor adds to its nice value: where the machine is busy, those who send events are answered first, and
    /// what they sent waits in the log. A third of a collector's share, so that loading goes on (docs/performance.md).
    private static let storeNice: Int32 = 5

    /// Lets the collector beside this process go first. Call it before threads are made: they inherit it. Where the system refuses it,
    /// both are equal.
    static func giveWay() {
        guard getenv(ChildProcess.lifelineVariable) != nil else { return }
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, storeNice)
    }

    /// Does nothing where this process was not started by a supervisor.
    static func watch() {
        guard getenv(ChildProcess.lifelineVariable) != nil else { return }
        unsetenv(ChildProcess.lifelineVariable)
        _ = Thread("lifeline") {
            var byte: UInt8 = 0
            while read(ChildProcess.lifelineDescriptor, &byte, 1) < 0, errno == EINTR {}
            kill(getpid(), SIGTERM)
        }
    }
}
