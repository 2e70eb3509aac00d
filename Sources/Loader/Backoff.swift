/// Waiting times between tries: doubling, with jitter so that several loaders do not try in step.
struct Backoff {
    private static let firstMilliseconds = 100
    private static let maxMilliseconds = 10_000
    private var next = Backoff.firstMilliseconds

    /// How long to wait now: half to all of the current step.
    mutating func milliseconds() -> Int {
        defer { next = min(next * 2, Backoff.maxMilliseconds) }
        return Int.random(in: next / 2...next)
    }

    mutating func reset() { next = Backoff.firstMilliseconds }
}
