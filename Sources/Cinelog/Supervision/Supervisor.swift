import Glibc
import Platform

/// Keeps one process of each role running: restarts what dies, with backoff, and passes on the order to stop.
struct Supervisor {
    private struct Role {
        let name: String
        var child: ChildProcess?
        var startedAt: UInt64 = 0
        var restartAt: UInt64 = 0
        var delayMilliseconds = Supervisor.firstDelayMilliseconds
    }

    private static let firstDelayMilliseconds = 200
    private static let maxDelayMilliseconds = 30_000
    /// A role that ran this long is well again: its next restart is quick.
    private static let steadyMilliseconds: UInt64 = 60_000
    /// The collector drains, then the store finishes its batch; after this both are killed.
    private static let stopMilliseconds: UInt64 = 30_000

    private var roles: [Role]
    private let logger: Logger
    private var signals: Signals
    private var stoppingSince: UInt64?
    private var exitCode = ExitCode.success
    private let lifeline: (reading: Int32, writing: Int32)

    init(_ names: [String], signals: Signals, logger: Logger) throws(StartError) {
        roles = names.map { Role(name: $0) }
        self.signals = signals
        self.logger = logger
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw StartError("cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        lifeline = (ends[0], ends[1])
    }

    /// Runs until stopped by SIGTERM or SIGINT, or until a role says that its configuration is wrong.
    mutating func run() throws(StartError) -> Int32 {
        for place in roles.indices { try start(place) }
        while stoppingSince == nil || roles.contains(where: { $0.child != nil }) {
            switch signals.wait(atMost: 100) {
            case SIGTERM, SIGINT, SIGHUP: stop()
            case SIGCHLD, nil: break
            default: break
            }
            reap()
            try tick()
        }
        return exitCode
    }

    private mutating func start(_ place: Int) throws(StartError) {
        roles[place].child = try ChildProcess.start(roles[place].name, lifeline: lifeline.reading)
        roles[place].startedAt = Clock.monotonicMilliseconds()
    }

    /// Restarts what is due, and kills what does not stop.
    private mutating func tick() throws(StartError) {
        let now = Clock.monotonicMilliseconds()
        if let since = stoppingSince {
            if now - since > Supervisor.stopMilliseconds { for role in roles { role.child?.send(SIGKILL) } }
            return
        }
        for place in roles.indices where roles[place].child == nil && now >= roles[place].restartAt {
            try start(place)
            logger.info("restarted", ["role": roles[place].name, "pid": "\(roles[place].child?.pid ?? 0)"])
        }
    }

    private mutating func stop() {
        guard stoppingSince == nil else {
            for role in roles { role.child?.send(SIGKILL) }
            return
        }
        stoppingSince = Clock.monotonicMilliseconds()
        for role in roles { role.child?.send(SIGTERM) }
    }

    // MARK: Deaths

    private mutating func reap() {
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG)
            guard pid > 0 else { return }
            guard let place = roles.firstIndex(where: { $0.child?.pid == pid }) else { continue }
            roles[place].child = nil
            died(place, status)
        }
    }

    private mutating func died(_ place: Int, _ status: Int32) {
        let signal = status & 0x7F
        let code = status >> 8 & 0xFF
        guard stoppingSince == nil else { return }
        if signal == 0, code == ExitCode.configuration || code == ExitCode.usage {
            // Started again it would say the same.
            exitCode = code
            return stop()
        }
        let now = Clock.monotonicMilliseconds()
        if now - roles[place].startedAt > Supervisor.steadyMilliseconds {
            roles[place].delayMilliseconds = Supervisor.firstDelayMilliseconds
        }
        let delay = roles[place].delayMilliseconds
        roles[place].restartAt = now + UInt64(delay)
        roles[place].delayMilliseconds = min(delay * 2, Supervisor.maxDelayMilliseconds)
        logger.warning(
            "a role died and will be restarted",
            [
                "role": roles[place].name, "cause": signal == 0 ? "exit code \(code)" : "signal \(signal)",
                "in_ms": "\(delay)",
            ])
    }
}
