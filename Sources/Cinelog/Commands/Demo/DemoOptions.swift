/// What `cinelog demo` was asked to do.
package struct DemoOptions: Sendable {
    /// The collector's address.
    package var url = "http://127.0.0.1:8080"
    package var seed: UInt64 = 1
    package var eventsPerSecond: Double = 200
    /// How many different viewers there are at least.
    package var viewers = 3000
    /// How long; nil for until it is interrupted.
    package var seconds: Int?
    package var writeKey: String?
    package var gzip = false
    package var quiet = false
    /// How long one batch is tried again before giving up.
    package var retrySecondsMax = 60

    package init() {}

    /// What is wrong with the options; nil when nothing is.
    var problem: String? {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            return "--url must begin with http:// or https://, not “\(url)”"
        }
        guard eventsPerSecond >= 1, eventsPerSecond <= 100_000 else {
            return "--rate must be 1 to 100000, not \(eventsPerSecond)"
        }
        guard viewers >= 1, viewers <= 10_000_000 else {
            return "--viewers must be 1 to 10000000, not \(viewers)"
        }
        if let seconds, seconds < 1 { return "--seconds must be above 0, not \(seconds)" }
        return nil
    }
}
