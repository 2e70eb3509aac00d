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
        /// Ran and died before.
        var hasDied = false
    }

    private static let firstDelayMilliseconds = 200
    private static let maxDelayMilliseconds = 30_000
    /// A role that ran this long is well again: its next restart is quick.
    private static let steadyMilliseconds: UInt64 = 60_000
    /// What a role may take to stop beyond what running requests may.
    private static let stopMilliseconds: UInt64 = 20_000

    private var roles: [Role]
    private let logger: Logger
    private var signals: Signals
    private var stoppingSince: UInt64?
    private var exitCode = ExitCode.success
    private let lifeline: (reading: Int32, writing: Int32)
    private let drainMilliseconds: UInt64

    /// - Parameter drainMilliseconds: how long running requests may take to finish (`DRAIN_MS`).
    init(_ names: [String], drainMilliseconds: Int, signals: Signals, logger: Logger) throws(StartError) {
        self.drainMilliseconds = UInt64(drainMilliseconds)
        roles = names.map { Role(name: $0) }
        self.signals = signals
        self.logger = logger
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw StartError("cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        lifeline = (ends[0], ends[1])
    }

    /// Runs until stopped by SIGTERM or SIGINT, or until a role says at its first start that its configuration is wrong.
    mutating func run() throws(StartError) -> Int32 {
        for place in roles.indices { try start(place) }
        while stoppingSince == nil || roles.contains(where: { $0.child != nil }) {
            switch signals.wait(atMost: 100) {
            case SIGTERM, SIGINT, SIGHUP: stop()
            case SIGCHLD, nil: break
            default: break
            }
            reap()
            tick()
        }
        return exitCode
    }

    private mutating func start(_ place: Int) throws(StartError) {
        roles[place].child = try ChildProcess.start(roles[place].name, lifeline: lifeline.reading)
        roles[place].startedAt = Clock.monotonicMilliseconds()
    }

    /// Restarts what is due, and kills what does not stop.
    private mutating func tick() {
        let now = Clock.monotonicMilliseconds()
        if let since = stoppingSince {
            if now - since > drainMilliseconds + Supervisor.stopMilliseconds {
                for role in roles { role.child?.send(SIGKILL) }
            }
            return
        }
        for place in roles.indices where roles[place].child == nil && now >= roles[place].restartAt {
            restart(place)
        }
    }

    /// A machine out of processes or memory gets better, too: the other role goes on meanwhile.
    private mutating func restart(_ place: Int) {
        do throws(StartError) {
            try start(place)
            logger.info("restarted", ["role": roles[place].name, "pid": "\(roles[place].child?.pid ?? 0)"])
        } catch {
            restartLater(place, cause: error.message)
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
        guard stoppingSince == nil else {
            // Killed, or crashed: what it had begun is not finished.
            if signal != 0, signal != SIGTERM, signal != SIGINT { exitCode = ExitCode.failure }
            return
        }
        if signal == 0, !roles[place].hasDied, code == ExitCode.configuration || code == ExitCode.usage {
            // Started again it would say the same. (A role that ran before has had good settings: what is wrong now may
            // pass, and is no reason to stop the other one.)
            exitCode = code
            return stop()
        }
        roles[place].hasDied = true
        if Clock.monotonicMilliseconds() - roles[place].startedAt > Supervisor.steadyMilliseconds {
            roles[place].delayMilliseconds = Supervisor.firstDelayMilliseconds
        }
        restartLater(place, cause: signal == 0 ? "exit code \(code)" : "signal \(signal)")
    }

    private mutating func restartLater(_ place: Int, cause: String) {
        let delay = roles[place].delayMilliseconds
        roles[place].restartAt = Clock.monotonicMilliseconds() + UInt64(delay)
        roles[place].delayMilliseconds = min(delay * 2, Supervisor.maxDelayMilliseconds)
        logger.warning(
            "a role died and will be restarted", ["role": roles[place].name, "cause": cause, "in_ms": "\(delay)"])
    }
}
