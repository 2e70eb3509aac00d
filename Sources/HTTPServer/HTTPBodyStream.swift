import CMicroHTTPD
import Events
import Glibc
import Platform

/// An answer's body that is made while it is sent: a producer's thread writes, the server sends as the client reads.
/// At most `bufferBytesMax` wait in between. No thread waits for the client: the connection sleeps while there is nothing to
/// send; and a producer that must not wait either offers what it has.
public final class HTTPBodyStream: Sendable {
    private struct State {
        var waiting = ByteBuffer(capacity: 65_536)
        var taken = 0
        var suspended: (connection: OpaquePointer, bell: LoopBell)?
        var ended = false
        var aborted = false
        var clientGone = false

        var count: Int { waiting.count - taken }

        /// What has been taken leaves when the buffer would have to grow for it: one that never runs empty stays bounded.
        mutating func append(_ bytes: UnsafeRawBufferPointer) {
            if taken > 0, waiting.count + bytes.count > waiting.capacity {
                memmove(waiting.base, waiting.base + taken, count)
                waiting.truncate(to: count)
                taken = 0
            }
            waiting.append(bytes)
        }
    }

    private let state = Condition(State())
    private let bufferBytesMax: Int
    /// For a body that says nothing for long: a client that has ended its side of the connection is taken as gone, which is
    /// seen within a second or so, not when the next bytes are sent.
    let endsWithClient: Bool
    private static let pieceBytesMax = 1 << 16

    public init(bufferBytesMax: Int = 1 << 20, endsWithClient: Bool = false) {
        self.bufferBytesMax = bufferBytesMax
        self.endsWithClient = endsWithClient
    }

    // MARK: The producer's side

    /// Blocks while the client reads too slowly; false when it has gone.
    public func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        repeat {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(HTTPBodyStream.pieceBytesMax))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
            guard writePiece(piece) else { return false }
        } while !rest.isEmpty
        return true
    }

    private func writePiece(_ bytes: UnsafeRawBufferPointer) -> Bool {
        state.wait(until: { $0.clientGone || $0.aborted || $0.count + bytes.count <= bufferBytesMax }) {
            guard !$0.clientGone, !$0.aborted else { return false }
            $0.append(bytes)
            HTTPBodyStream.wake(&$0)
            return true
        }
    }

    /// As `write`, but never waits: all of it or, where there is no room or no client, nothing and false.
    public func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        state.withLock {
            guard !$0.clientGone, !$0.aborted, $0.count + bytes.count <= bufferBytesMax else { return false }
            $0.append(bytes)
            HTTPBodyStream.wake(&$0)
            return true
        }
    }

    /// How many bytes `offer` would take now.
    public var roomBytes: Int { state.withLock { max(0, bufferBytesMax - $0.count) } }

    /// Nobody reads any more.
    public var isAbandoned: Bool { state.withLock { $0.clientGone || $0.aborted } }

    /// That was all.
    public func finish() {
        state.withLock {
            $0.ended = true
            HTTPBodyStream.wake(&$0)
        }
    }

    /// Something went wrong halfway: the connection is cut, so that the client does not take a part for the whole.
    public func abort() {
        state.withLock {
            $0.aborted = true
            HTTPBodyStream.wake(&$0)
        }
        state.broadcast()
    }

    private static func wake(_ state: inout State) {
        guard let (connection, bell) = state.suspended else { return }
        state.suspended = nil
        bell.resume(connection)
    }

    // MARK: The server's side

    /// Copies what waits, up to `max` bytes; 0 after suspending the connection when there is nothing, -1 at the end, -2 after
    /// an abort (MHD_ContentReaderCallback's values).
    func read(into out: UnsafeMutablePointer<CChar>, max: Int, _ connection: OpaquePointer, _ bell: LoopBell) -> Int {
        let count = state.withLock { state -> Int in
            let available = state.count
            if state.aborted { return -2 }
            guard available > 0 else {
                if state.ended { return -1 }
                state.suspended = (connection, bell)
                MHD_suspend_connection(connection)
                return 0
            }
            let count = min(available, max)
            memcpy(out, state.waiting.base + state.taken, count)
            state.taken += count
            if state.taken == state.waiting.count {
                state.waiting.clear()
                state.taken = 0
            }
            return count
        }
        if count > 0 { state.signal() }
        return count
    }

    func clientLeft() {
        state.withLock { $0.clientGone = true }
        state.broadcast()
    }
}
