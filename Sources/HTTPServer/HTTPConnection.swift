import CMicroHTTPD
import Glibc
import Synchronization

/// One open connection and the deadline of what it is doing.
///
/// Phase and deadline change together, in one word: the connection's thread goes from phase to phase, the sweeper ends what
/// is late, and neither overwrites what the other has just decided.
final class HTTPConnection: Sendable {
    enum Phase: UInt64 {
        /// Between requests, or before the first one's first byte.
        case idle
        /// A request is coming in.
        case receiving
        /// The handler has not answered yet.
        case waiting
        /// An answer goes out.
        case sending
        /// The sweeper has ended it: nothing may be sent any more.
        case expired
    }

    /// What a connection was doing when it was looked at.
    struct Moment {
        fileprivate let word: UInt64
        var phase: Phase { Phase(rawValue: word & 7)! }
        var deadline: UInt64 { word >> 3 }
    }

    /// Milliseconds that never come.
    static let never = UInt64.max >> 3

    let descriptor: Int32
    /// Whom it counts for, where clients' connections are counted.
    let client: NetworkAddress?
    private let word: Atomic<UInt64>
    /// While idle: bytes received when the sweeper first saw it so; -1: not seen yet.
    private let idleBytes = Atomic<Int64>(0)
    /// The exchange that the sweeper or `stop` may have to answer or cut off.
    let exchange = Mutex<HTTPExchange?>(nil)
    /// Whether the client may still be sending when the connection is closed, and must get its answer all the same.
    let lingers = Atomic<Bool>(false)
    /// The place in the registry's list, kept by the registry under its lock.
    nonisolated(unsafe) var place = 0
    /// What only the connection's thread knows of the request that is coming in.
    nonisolated(unsafe) var begun = BegunRequest()

    /// Of the loop that serves it.
    let bell: LoopBell

    init(descriptor: Int32, client: NetworkAddress?, deadline: UInt64, _ bell: LoopBell) {
        self.descriptor = descriptor
        self.client = client
        self.bell = bell
        word = Atomic(HTTPConnection.word(.idle, deadline))
    }

    private static func word(_ phase: Phase, _ deadline: UInt64) -> UInt64 {
        min(deadline, never) << 3 | phase.rawValue
    }

    var moment: Moment { Moment(word: word.load(ordering: .acquiring)) }
    var phase: Phase { moment.phase }

    /// False where the sweeper has ended the connection.
    @discardableResult
    func enter(_ phase: Phase, deadline: UInt64) -> Bool {
        if phase == .idle { idleBytes.store(-1, ordering: .relaxed) }
        while true {
            let now = moment
            if now.phase == .expired { return false }
            if change(now, to: phase, deadline: deadline) { return true }
        }
    }

    /// False where the connection is doing something else by now.
    func change(_ moment: Moment, to phase: Phase, deadline: UInt64) -> Bool {
        word.compareExchange(
            expected: moment.word, desired: HTTPConnection.word(phase, deadline), ordering: .acquiringAndReleasing
        ).exchanged
    }

    enum Sign { case none, begunAgain, left }

    /// What an idle connection shows. libmicrohttpd does not tell when a next request begins, the kernel does (of TCP); and
    /// it misses the end of a connection that comes together with its last request.
    func look() -> Sign {
        let receiving = cinelog_tcp_receiving(descriptor)
        if receiving.ended, isLeft { return .left }
        let before = idleBytes.load(ordering: .relaxed)
        if before < 0 { idleBytes.store(receiving.bytes, ordering: .relaxed) }
        return before >= 0 && receiving.bytes > before ? .begunAgain : .none
    }

    /// Whether the other side has ended the connection, and nothing that it sent is left to read.
    var isLeft: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN)
    }
}

/// A request's target, as it stands in libmicrohttpd's memory before it is decoded.
struct BegunRequest {
    /// Monotonic nanoseconds.
    let startedAt: UInt64
    let target: UnsafePointer<CChar>?
    private(set) var targetEnd: UnsafePointer<CChar>?
    /// Control characters, or an encoded zero byte, behind which the decoded path would end.
    private(set) var targetIsBad = false

    init(startedAt: UInt64 = 0, target: UnsafePointer<CChar>? = nil) {
        self.startedAt = startedAt
        self.target = target
    }

    mutating func check() {
        guard var place = target else { return }
        while place.pointee != 0 {
            let byte = UInt8(bitPattern: place.pointee)
            if byte < 0x21 || byte == 0x7F { targetIsBad = true }
            // Behind the last byte stands a zero: neither comparison reads beyond it.
            if byte == 0x25, place[1] == 0x30, place[2] == 0x30 { targetIsBad = true }
            place += 1
        }
        targetEnd = place
    }
}
