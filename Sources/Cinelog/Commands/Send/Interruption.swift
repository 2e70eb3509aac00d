import Glibc
import Synchronization

/// SIGINT and SIGTERM as a request to finish: what is under way is brought to its end, and the summary is written.
enum Interruption {
    private static let requested = Atomic<Bool>(false)

    static var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// Takes both signals from now on. A second one ends the process at once.
    static func install() {
        // Read once here, so that the handler does not find it unmade.
        requested.store(false, ordering: .relaxed)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interruption.requested.store(true, ordering: .relaxed) }
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
    }
}
