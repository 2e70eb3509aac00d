import Events
import Platform

/// `cinelog demo`: a made-up evening of an online cinema, sent to a collector as it happens.
///
/// Answers the process's exit code: 0 all accepted, 1 some rejected, 2 wrong usage, 3 not all delivered.
package func runDemo(_ options: DemoOptions) -> Int32 {
    if let problem = options.problem {
        DeliveryProgress.writeToStandardError("cinelog demo: \(problem)\n")
        return CommandExit.usage
    }
    Interruption.install()
    return DemoCommand(options, DeliveryProgress(quiet: options.quiet, unit: "event")).run()
}

/// Keeps the evening in step with the clock and sends what happens.
package final class DemoCommand {
    private static let tickMilliseconds: Int64 = 250
    private static let batchEventsMax = 500
    /// Further behind than this (the machine slept, the collector was away), what happened is not told any more.
    private static let behindMillisecondsMax: Int64 = 60_000

    private let options: DemoOptions
    private let progress: DeliveryProgress
    private let sender: EventSender
    private let batch = EventBatch()
    private var eventNumber = 0
    private var isTelling = true

    package init(_ options: DemoOptions, _ progress: DeliveryProgress) {
        self.options = options
        self.progress = progress
        sender = EventSender(
            EventSender.Target(
                url: options.url, token: nil, writeKey: options.writeKey, gzip: options.gzip,
                retrySecondsMax: options.retrySecondsMax), progress)
    }

    package func run() -> Int32 { progress.conclude { () throws(DeliveryError) in try play() } }

    private func play() throws(DeliveryError) {
        let start = Clock.unixMilliseconds()
        let evening = Evening(
            seed: options.seed, startUnixMilliseconds: start, viewers: options.viewers,
            eventsPerSecond: options.eventsPerSecond
        ) { [unowned self] line in take(line) }
        progress.note = { [evening] in "  \(evening.presentCount) viewers" }
        let end = options.seconds.map { start + Int64($0) * 1000 } ?? .max
        var told = start
        while told < end, !Interruption.isRequested {
            let now = min(Clock.unixMilliseconds(), end)
            try tell(evening, from: told, to: now)
            told = max(told, now)
            let ahead = told + DemoCommand.tickMilliseconds - Clock.unixMilliseconds()
            EventSender.wait(Int(min(max(ahead, 0), DemoCommand.tickMilliseconds)), progress)
        }
        progress.note = { "" }
    }

    private func tell(_ evening: Evening, from told: Int64, to now: Int64) throws(DeliveryError) {
        if now - told > DemoCommand.behindMillisecondsMax {
            isTelling = false
            _ = evening.advance(to: now - DemoCommand.tickMilliseconds)
            isTelling = true
        }
        while !evening.advance(to: now, until: { batch.count >= DemoCommand.batchEventsMax }) { try flush() }
        try flush()
    }

    private func take(_ line: UnsafeRawBufferPointer) {
        guard isTelling else { return }
        eventNumber += 1
        batch.add(lineNumber: eventNumber) { $0.append(line) }
    }

    private func flush() throws(DeliveryError) {
        defer { batch.clear() }
        try sender.deliver(batch)
    }
}
