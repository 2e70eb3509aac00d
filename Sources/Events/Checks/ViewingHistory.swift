import Glibc

/// What makes events ones of the same viewing; as sent, none with a NUL in it.
struct ViewingIdentity {
    let film: UnsafeRawBufferPointer
    let viewing: UnsafeRawBufferPointer
    let device: UnsafeRawBufferPointer?

    func write(_ out: ByteBuffer) {
        out.clear()
        out.append(film)
        out.append(UInt8(0))
        out.append(viewing)
        out.append(UInt8(0))
        if let device { out.append(device) }
    }
}

/// The latest watching within one batch: an event's `watched` is what was played since the one before it, so the time
/// between the two bounds it.
///
/// Only events that say the same `view_id`, film and device are compared, and only by times that they claim; one event
/// is remembered. Viewings that alternate in one batch are not compared.
///
/// One batch at a time (`@unchecked Sendable` for handing it on between batches).
public final class ViewingHistory: @unchecked Sendable {
    private let viewing = ByteBuffer(capacity: 256)
    private let candidate = ByteBuffer(capacity: 256)
    private var eventID = UUID.none
    private var claimed = Timestamp(unixMilliseconds: 0)
    private var rate = 0.0
    private var isEmpty = true

    public init() {}

    /// A new batch begins.
    public func clear() { isEmpty = true }

    /// Whether `watching` can have happened since the event before it; remembers it for the next.
    ///
    /// - Parameter claimed: when the event says that it happened.
    func allows(_ watching: Watching, _ id: UUID, _ identity: ViewingIdentity, at claimed: Timestamp) -> Bool {
        // Without anything watched it says nothing, and what was played before it is told by a later one.
        guard watching.seconds > 0 else { return true }
        let isSame = !isEmpty && isViewing(identity)
        let wallMilliseconds = claimed.unixMilliseconds - self.claimed.unixMilliseconds
        // The same event again, or one that is told late: the newest stays the one to compare with.
        if isSame, id == eventID || wallMilliseconds <= 0 { return true }
        let fastest = max(watching.rate, rate)
        let fits = !isSame || watching.fits(wallSeconds: Double(wallMilliseconds) / 1000, rate: fastest)
        remember(watching, id, identity, claimed)
        return fits
    }

    private func remember(_ watching: Watching, _ id: UUID, _ identity: ViewingIdentity, _ at: Timestamp) {
        identity.write(viewing)
        (eventID, claimed, rate, isEmpty) = (id, at, watching.rate, false)
    }

    private func isViewing(_ identity: ViewingIdentity) -> Bool {
        identity.write(candidate)
        return candidate.count == viewing.count && memcmp(candidate.base, viewing.base, viewing.count) == 0
    }
}
