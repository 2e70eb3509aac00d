import Glibc

/// Wakes a thread that polls descriptors. Rung several times, it wakes once.
final class RelayBell: Sendable {
    /// Readable when somebody rang.
    let descriptor: Int32
    private let clapper: Int32

    init() {
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let code = socketpair(AF_UNIX, type, 0, &pair)
        precondition(code == 0, "no descriptor is left")
        (descriptor, clapper) = (pair[0], pair[1])
    }

    deinit {
        close(descriptor)
        close(clapper)
    }

    /// What does not fit any more has been rung already.
    func ring() { send(clapper, [1], 1, Int32(MSG_NOSIGNAL)) }

    func clear() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }
}
