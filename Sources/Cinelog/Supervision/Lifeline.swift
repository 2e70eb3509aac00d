import Glibc
import Platform

/// A child's side of the lifeline: when the supervisor is gone, however it went, the child ends too.
enum Lifeline {
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
