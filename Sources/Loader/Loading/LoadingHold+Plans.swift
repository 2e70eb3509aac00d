public import EventLog
import Events
import Glibc
import Platform

extension LoadingHold {
    private static let pauseMilliseconds: UInt64 = 50

    /// As `hold`, and between two plans of every topic: waits also for a plan that a failed try has left to be repeated. What the
    /// tables hold then is all that lies below the committed positions, and nothing else.
    public func holdBetweenPlans(
        of log: any EventLogReader, waitingAtMost milliseconds: Int, _ body: () throws -> Void
    ) rethrows -> Bool {
        let deadline = Clock.monotonicMilliseconds() + UInt64(milliseconds)
        while true {
            let now = Clock.monotonicMilliseconds()
            guard now < deadline else { return false }
            var isDone = false
            _ = try hold(waitingAtMost: Int(deadline - now)) {
                guard LoadingHold.isBetweenPlans(log) else { return }
                try body()
                isDone = true
            }
            if isDone { return true }
            usleep(UInt32(LoadingHold.pauseMilliseconds * 1000))
        }
    }

    private static func isBetweenPlans(_ log: any EventLogReader) -> Bool {
        do throws(ReadError) {
            for topic in Topic.allCases {
                for partition in try log.partitions(topic) {
                    guard try log.committed(partition).note.isEmpty else { return false }
                }
            }
            return true
        } catch {
            return false
        }
    }
}
