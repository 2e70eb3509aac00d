import Glibc

/// A role of this same binary, run as a child process.
struct ChildProcess {
    let pid: pid_t

    /// The file descriptor by which a child knows its supervisor: reading from it ends when the supervisor is gone.
    static let lifelineDescriptor: Int32 = 3
    static let lifelineVariable = "CINELOG_LIFELINE"

    /// Starts `cinelog <role>`. `lifeline`: the reading end of a pipe whose writing end the supervisor keeps.
    static func start(_ role: String, lifeline: Int32) throws(StartError) -> ChildProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, lifeline, lifelineDescriptor)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var pid = pid_t()
        let words = ["cinelog", role].map { (word: String) in strdup(word) }
        let variables = environment().map { (variable: String) in strdup(variable) }
        defer { for word in words + variables { free(word) } }
        let code = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, words + [nil], variables + [nil])
        guard code == 0 else {
            throw StartError("cannot start cinelog \(role): \(String(cString: strerror(code)))")
        }
        return ChildProcess(pid: pid)
    }

    /// This process's own, and the lifeline. (setenv would change it under the feet of other threads.)
    private static func environment() -> [String] {
        var variables = [lifelineVariable + "=1"]
        var entry = environ
        while let text = entry.pointee {
            variables.append(String(cString: text))
            entry += 1
        }
        return variables
    }

    func send(_ signal: Int32) { kill(pid, signal) }
}
