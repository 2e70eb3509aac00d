/// Keeps a stream of events at a steady rate.
struct Pace {
    private let eventsPerSecond: Double
    private let startMilliseconds: UInt64
    private var sent = 0.0

    init(eventsPerSecond: Double, nowMilliseconds: UInt64) {
        self.eventsPerSecond = eventsPerSecond
        startMilliseconds = nowMilliseconds
    }

    /// So many events that four batches a second keep the rate: large batches at a low rate would come in jerks.
    var batchEventsMax: Int { max(1, Int(min(eventsPerSecond / 4, Double(EventBatch.eventsMax)))) }

    /// Counts `events` as sent and answers how long to wait until the next may be.
    mutating func delayMilliseconds(after events: Int, nowMilliseconds: UInt64) -> Int {
        sent += Double(events)
        let due = Double(startMilliseconds) + sent / eventsPerSecond * 1000
        return max(0, Int(due - Double(nowMilliseconds)))
    }
}
