import Glibc

/// What the system is told that this process, and those it starts, may do.
enum ProcessLimits {
    /// More than this nobody needs: CONNECTIONS_MAX is 100,000 at most.
    private static let descriptorsMax: rlim_t = 131_072

    static func apply() {
        forbidCoreDumps()
        raiseDescriptors()
    }

    /// A crash leaves no copy of memory behind: events, tokens and keys are in it.
    private static func forbidCoreDumps() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // A program that /proc/sys/kernel/core_pattern names is given a core whatever the limit is (core(5)): one without any memory
        // in it, then. Where the kernel knows no filter, it makes no dumps either.
        let filter = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC)
        guard filter >= 0 else { return }
        _ = write(filter, "0", 1)
        close(filter)
    }

    /// A shell's usual 1,024 are for programs that use select(2), which none of ours does: as many as the system allows.
    private static func raiseDescriptors() {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { return }
        let wanted = min(limit.rlim_max, descriptorsMax)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        setrlimit(kind, &limit)
    }
}
