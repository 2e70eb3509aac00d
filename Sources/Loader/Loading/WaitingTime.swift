import EventLog
import Platform

/// How long the oldest event of each partition has been waiting, whatever is done to the wall clock meanwhile: by that alone,
/// events from before a step back would seem new for as long as the step was wide, and wait.
struct WaitingTime {
    private var seen: [TopicPartition: (next: Int64, at: UInt64)] = [:]

    /// Milliseconds: by the log's own account, or since this loader first saw it waiting, whichever is more.
    mutating func milliseconds(_ partition: TopicPartition, next: Int64, _ backlog: Backlog) -> Int64 {
        guard backlog.events > 0 else {
            seen[partition] = nil
            return 0
        }
        let now = Clock.monotonicMilliseconds()
        guard let before = seen[partition], before.next == next else {
            seen[partition] = (next, now)
            return backlog.oldestAgeMilliseconds
        }
        return max(backlog.oldestAgeMilliseconds, Int64(now - before.at))
    }
}
