import CMicroHTTPD
import Glibc

/// Connections that were answered and closed while the client was still sending. Closing a socket with unread bytes makes
/// the kernel send a reset, which can destroy the answer on its way (RFC 9112, section 9.6): what comes in is read and
/// forgotten until the client has closed too, for a moment.
///
/// `@unchecked Sendable` is not needed: the sweeper's thread alone has it.
struct LingeringSockets {
    private struct Socket {
        let descriptor: Int32
        let deadline: UInt64
        var bytesLeft = LingeringSockets.bytesMax
    }

    static let socketsMax = 256
    static let milliseconds: UInt64 = 2_000
    private static let bytesMax = 16 << 20
    private static let blockBytes = 65_536

    private var sockets: [Socket] = []
    private var block = [UInt8](repeating: 0, count: 0)

    var isEmpty: Bool { sockets.isEmpty }
    var count: Int { sockets.count }

    /// Owns the descriptor from here on.
    mutating func add(_ descriptor: Int32, now: UInt64) {
        guard sockets.count < LingeringSockets.socketsMax else {
            close(descriptor)
            return
        }
        sockets.append(Socket(descriptor: descriptor, deadline: now + LingeringSockets.milliseconds))
    }

    /// Reads what comes in within `milliseconds`; closes what is over.
    mutating func drain(atMost milliseconds: Int32, now: UInt64) {
        if block.isEmpty { block = [UInt8](repeating: 0, count: LingeringSockets.blockBytes) }
        var polled = sockets.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        poll(&polled, UInt(polled.count), milliseconds)
        // Backwards, so that removing does not move what is still to come.
        for place in sockets.indices.reversed() {
            let isOver = polled[place].revents != 0 && !read(place)
            if isOver || sockets[place].deadline <= now || sockets[place].bytesLeft <= 0 {
                close(sockets[place].descriptor)
                sockets.remove(at: place)
            }
        }
    }

    /// False where nothing more will come.
    private mutating func read(_ place: Int) -> Bool {
        while sockets[place].bytesLeft > 0 {
            let count = recv(sockets[place].descriptor, &block, block.count, Int32(MSG_DONTWAIT))
            if count == 0 || (count < 0 && errno != EAGAIN) { return false }
            if count < 0 { return true }
            sockets[place].bytesLeft -= count
        }
        return true
    }

    mutating func closeAll() {
        for socket in sockets { close(socket.descriptor) }
        sockets = []
    }
}
