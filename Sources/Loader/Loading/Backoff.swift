/// Waiting times between tries: doubling, with jitter so that several loaders do not try in step.
package struct Backoff {
    package static let firstMilliseconds = 100
    package static let maxMilliseconds = 10_000
    private var next = Backoff.firstMilliseconds

    package init() {}

    /// How long to wait now: half to all of the current step.
    package mutating func milliseconds() -> Int {
        defer { next = min(next * 2, Backoff.maxMilliseconds) }
        return Int.random(in: next / 2...next)
    }

    package mutating func reset() { next = Backoff.firstMilliseconds }
}
