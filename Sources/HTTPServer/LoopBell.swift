import CMicroHTTPD
import Glibc
import Synchronization

/// Wakes a loop from other threads; also what libmicrohttpd's callbacks of that loop are given.
///
/// Ringing costs a system call only when the loop sleeps, and only the first time: a group commit that wakes a
/// thousand connections rings once.
final class LoopBell: Sendable {
    let core: ServerCore
    /// Readable when somebody rang.
    let descriptor: Int32
    private let sleeping = Atomic<Bool>(false)
    private let pending = Atomic<Bool>(false)

    /// The loop's thread only.
    nonisolated(unsafe) var turn = LoopTurn()

    init(_ core: ServerCore) {
        self.core = core
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no descriptor is left")
    }

    deinit { close(descriptor) }

    /// Lets a suspended connection of this loop go on. (libmicrohttpd wakes only loops of its own.)
    func resume(_ connection: OpaquePointer) {
        MHD_resume_connection(connection)
        ring()
    }

    func ring() {
        // Each side writes its flag, then reads the other's: one of them sees that the loop must not sleep.
        pending.store(true, ordering: .sequentiallyConsistent)
        if sleeping.exchange(false, ordering: .sequentiallyConsistent) { eventfd_write(descriptor, 1) }
    }

    /// The loop's side, where it does not sleep: what was rung for so far is seen from here on.
    func hear() { pending.store(false, ordering: .sequentiallyConsistent) }

    /// The loop's side: runs `wait` unless somebody has rung since the last time.
    func sleep(_ wait: () -> Void) {
        sleeping.store(true, ordering: .sequentiallyConsistent)
        if !pending.exchange(false, ordering: .sequentiallyConsistent) { wait() }
        sleeping.store(false, ordering: .sequentiallyConsistent)
        pending.store(false, ordering: .sequentiallyConsistent)
    }

    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }
}

/// What a loop's thread knows of its present turn (a call of `MHD_run`).
struct LoopTurn {
    /// Monotonic milliseconds.
    var begunAt: UInt64 = 0
    /// Connections whose answers are asked for in each turn.
    var awaited = 0
    /// Whether a request has come on in this turn: then the next one follows at once.
    var moved = false
}
