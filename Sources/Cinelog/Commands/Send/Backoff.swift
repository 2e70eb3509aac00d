/// How long to wait before trying again: twice as long each time, with jitter, and never less than the server asks.
struct Backoff {
    private static let firstMilliseconds = 100
    private static let lastMilliseconds = 10_000
    /// A server that asks for more is asked again nevertheless.
    private static let askedSecondsMax = 60

    private var milliseconds = Backoff.firstMilliseconds

    /// - Parameter retryAfter: the header of that name, of which seconds are understood (RFC 9110, 10.2.3).
    mutating func next(retryAfter: String?) -> Int {
        let jittered = Int.random(in: milliseconds / 2...milliseconds)
        milliseconds = min(milliseconds * 2, Backoff.lastMilliseconds)
        guard let asked = retryAfter.flatMap({ Int($0) }), asked > 0 else { return jittered }
        return min(asked, Backoff.askedSecondsMax) * 1000 + jittered
    }
}
