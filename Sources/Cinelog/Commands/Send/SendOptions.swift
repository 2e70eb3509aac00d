/// What `cinelog send` was asked to do.
package struct SendOptions: Sendable {
    /// The collector's address; events go to `/v1/events` under it.
    package var url = "http://127.0.0.1:8080"
    /// A file of NDJSON; nil or "-" for standard input.
    package var file: String?
    /// Events in one request, 1…2,000.
    package var batchEventsMax = 500
    package var token: String?
    package var writeKey: String?
    /// Events a second at most; nil for as fast as they are taken.
    package var eventsPerSecond: Double?
    package var gzip = false
    /// No progress and no summary; rejected events are still told.
    package var quiet = false
    /// How long one batch is tried again before giving up.
    package var retrySecondsMax = 60

    package init() {}

    /// What is wrong with the options; nil when nothing is.
    var problem: String? {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            return "--url must begin with http:// or https://, not “\(url)”"
        }
        guard (1...EventBatch.eventsMax).contains(batchEventsMax) else {
            return "--batch must be 1 to \(EventBatch.eventsMax), not \(batchEventsMax)"
        }
        if let eventsPerSecond, !(eventsPerSecond > 0 && eventsPerSecond.isFinite) {
            return "--rate must be above 0, not \(eventsPerSecond)"
        }
        return nil
    }
}

/// What the process ends with.
package enum CommandExit {
    package static let allAccepted: Int32 = 0
    package static let someRejected: Int32 = 1
    package static let usage = ExitCode.usage
    package static let notDelivered = ExitCode.unavailable
}
