import Glibc

/// A named POSIX thread that runs one closure. Blocking C calls belong on one of these, never on Swift
/// concurrency's cooperative pool.
public final class Thread: Sendable {
    private let finished = Condition(false)

    /// Starts at once. `name` is what `top -H` shows (15 characters).
    public init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let start = Start(name: name, body: body, finished: finished)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { raw in
                let start = Unmanaged<Start>.fromOpaque(raw!).takeRetainedValue()
                Thread.setName(start.name)
                start.body()
                start.finished.withLock { $0 = true }
                start.finished.broadcast()
                return nil
            }, Unmanaged.passRetained(start).toOpaque())
        precondition(code == 0, "cannot start thread \(name): \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    /// Waits for the closure to return.
    public func join() { finished.wait(until: { $0 }) { _ in } }

    /// pthread_setname_np and prctl are out of Swift's reach (GNU-only and variadic); the kernel's file is not.
    private static func setName(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, name, min(name.utf8.count, 15))
        close(file)
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        let finished: Condition<Bool>
        init(name: String, body: @escaping @Sendable () -> Void, finished: Condition<Bool>) {
            self.name = name
            self.body = body
            self.finished = finished
        }
    }
}
