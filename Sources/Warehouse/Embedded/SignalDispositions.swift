import Glibc

/// What the process does on signals, kept as it was while a library that changes it is loaded.
///
/// chDB takes over SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP and SIGTSTP, and blocks SIGPIPE in the thread that
/// loads it. Its handlers write a report and wait; the process's own (Swift's crash reporter, the supervisor's SIGTERM)
/// are what operators count on.
struct SignalDispositions {
    private var actions: [(signal: Int32, action: sigaction)] = []
    private var mask = sigset_t()

    /// Remembers every signal's disposition and the calling thread's mask.
    init() {
        for signal in Int32(1)..<32 where signal != SIGKILL && signal != SIGSTOP {
            var action = sigaction()
            if sigaction(signal, nil, &action) == 0 { actions.append((signal, action)) }
        }
        pthread_sigmask(SIG_SETMASK, nil, &mask)
    }

    /// Puts them back.
    func restore() {
        for (signal, action) in actions {
            var action = action
            sigaction(signal, &action, nil)
        }
        var mask = mask
        pthread_sigmask(SIG_SETMASK, &mask, nil)
    }

    /// A reader of an answer may go before the answer ends: the engine's write must then fail with EPIPE, not kill the
    /// process. A handler of the process's own stays.
    static func ignoreBrokenPipes() {
        var action = sigaction()
        sigaction(SIGPIPE, nil, &action)
        if action.__sigaction_handler.sa_handler == nil { signal(SIGPIPE, SIG_IGN) }
    }
}
