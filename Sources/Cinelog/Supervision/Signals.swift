import Glibc

/// Signals taken one by one by the main thread, instead of by handlers.
struct Signals {
    private var set = sigset_t()

    /// Blocks these signals in this thread and all that it starts afterwards: call before any other thread exists.
    init(_ signals: [Int32]) {
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // A client that goes away while it is written to is an error of that write, not the process's end.
        signal(SIGPIPE, SIG_IGN)
    }

    /// The next signal.
    mutating func wait() -> Int32 {
        var signal: Int32 = 0
        while sigwait(&set, &signal) != 0 {}
        return signal
    }

    /// The next signal; nil after `milliseconds` without one.
    mutating func wait(atMost milliseconds: Int) -> Int32? {
        var timeout = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        let signal = sigtimedwait(&set, nil, &timeout)
        return signal > 0 ? signal : nil
    }
}
