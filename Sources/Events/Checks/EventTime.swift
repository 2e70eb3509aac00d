/// When an event happened, worked out from what the client said and when it arrived.
public enum EventTime {
    /// An event older than this, or newer than `aheadMax`, after correction, is kept with the verdict "clock".
    static let ageMaxMilliseconds: Int64 = 72 * 3_600_000
    static let aheadMaxMilliseconds: Int64 = 60_000
    /// A smaller difference between clocks is the network's delay rather than a wrong clock.
    static let skewMinMilliseconds: Int64 = 5_000

    /// A moment in one of the forms that times may have, within the range that they may have; nil for anything else.
    public static func moment(_ value: JSONValue) -> Timestamp? {
        guard let moment = Timestamp(value), moment.isInRange else { return nil }
        return moment
    }

    /// What a client is told about a time that is none.
    public static func wrong(_ field: String) -> EventError {
        guard let time = EventFields.common.first(where: { $0.name == "time" }) else { preconditionFailure() }
        return EventError(
            field: field, message: EventError.wrong(time).message + "; it " + EventError.timeOutOfRange)
    }

    /// The claimed time by our clock.
    ///
    /// No event is sent before it happened. Where `sentAt` says so, by more than a clock may be ahead, it says nothing of
    /// the clock that told `claimed`, and is not used: to add the difference would lead into the future.
    ///
    /// - Parameters:
    ///   - claimed: the event's `time`, or what stands for it.
    ///   - sentAt: the client's clock when it sent the request.
    static func corrected(_ claimed: Timestamp, sentAt: Timestamp?, receivedAt: Timestamp) -> Timestamp {
        guard let sentAt else { return claimed }
        let skew = receivedAt.unixMilliseconds - sentAt.unixMilliseconds
        guard abs(skew) >= skewMinMilliseconds else { return claimed }
        let corrected = Timestamp(unixMilliseconds: claimed.unixMilliseconds + skew)
        let isAhead = corrected.unixMilliseconds - receivedAt.unixMilliseconds > aheadMaxMilliseconds
        return corrected.isInRange && !isAhead ? corrected : claimed
    }

    static func isPlausible(_ time: Timestamp, receivedAt: Timestamp) -> Bool {
        let age = receivedAt.unixMilliseconds - time.unixMilliseconds
        return age <= ageMaxMilliseconds && age >= -aheadMaxMilliseconds
    }
}
