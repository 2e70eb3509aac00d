/// When an event happened, worked out from what the client said and when it arrived.
public enum EventTime {
    /// An event older than this, or newer than `aheadMax`, after correction, is kept with the verdict "clock".
    static let ageMaxMilliseconds: Int64 = 72 * 3_600_000
    static let aheadMaxMilliseconds: Int64 = 60_000
    /// A smaller difference between clocks is the network's delay rather than a wrong clock.
    static let skewMinMilliseconds: Int64 = 5_000

    /// - Parameters:
    ///   - claimed: the event's `time`, or what stands for it.
    ///   - sentAt: the client's clock when it sent the request.
    static func corrected(_ claimed: Timestamp, sentAt: Timestamp?, receivedAt: Timestamp) -> Timestamp {
        guard let sentAt else { return claimed }
        let skew = receivedAt.unixMilliseconds - sentAt.unixMilliseconds
        guard abs(skew) >= skewMinMilliseconds else { return claimed }
        let corrected = Timestamp(unixMilliseconds: claimed.unixMilliseconds + skew)
        return corrected.isInRange ? corrected : claimed
    }

    static func isPlausible(_ time: Timestamp, receivedAt: Timestamp) -> Bool {
        let age = receivedAt.unixMilliseconds - time.unixMilliseconds
        return age <= ageMaxMilliseconds && age >= -aheadMaxMilliseconds
    }
}
