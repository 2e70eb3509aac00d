import Events
import Glibc
import Platform

/// `cinelog send`: posts NDJSON events from a file or standard input to a collector.
///
/// Answers the process's exit code: 0 all accepted, 1 some rejected, 2 wrong usage, 3 not all delivered.
package func runSend(_ options: SendOptions) -> Int32 {
    if let problem = options.problem { return refuse(problem) }
    let reader: LineReader
    if let file = options.file, file != "-" {
        guard let opened = LineReader(path: file) else {
            return refuse("cannot read \(file): \(String(cString: strerror(errno)))")
        }
        reader = opened
    } else {
        reader = LineReader(descriptor: STDIN_FILENO)
    }
    Interruption.install()
    return SendCommand(options, reader, DeliveryProgress(quiet: options.quiet)).run()
}

private func refuse(_ problem: String) -> Int32 {
    DeliveryProgress.writeToStandardError("cinelog send: \(problem)\n")
    return CommandExit.usage
}

/// Lines in, batches out.
package final class SendCommand {
    /// Input that pauses for so long sends what there is.
    private static let quietMilliseconds = 500

    private let reader: LineReader
    private let progress: DeliveryProgress
    private let sender: EventSender
    private let identification = EventIdentification()
    private let batch = EventBatch()
    private let batchEventsMax: Int
    private var pace: Pace?
    private var lineNumber = 0

    package init(_ options: SendOptions, _ reader: LineReader, _ progress: DeliveryProgress) {
        self.reader = reader
        self.progress = progress
        sender = EventSender(
            EventSender.Target(
                url: options.url, token: options.token, writeKey: options.writeKey, gzip: options.gzip,
                retrySecondsMax: options.retrySecondsMax), progress)
        pace = options.eventsPerSecond.map {
            Pace(eventsPerSecond: $0, nowMilliseconds: Clock.monotonicMilliseconds())
        }
        batchEventsMax = min(options.batchEventsMax, pace?.batchEventsMax ?? options.batchEventsMax)
    }

    package func run() -> Int32 { progress.conclude { () throws(DeliveryError) in try sendAll() } }

    private func sendAll() throws(DeliveryError) {
        while !Interruption.isRequested {
            switch reader.next(waitMilliseconds: SendCommand.quietMilliseconds) {
            case .line(let line): try take(line)
            case .tooLong:
                lineNumber += 1
                reject("the line is longer than \(LineReader.lineBytesMax) bytes")
            case .quiet:
                try flush()
                progress.tick()
            case .failed(let reason):
                try flush()
                throw DeliveryError(reason: "cannot read the input: \(reason)")
            case .end: return try flush()
            }
        }
        try flush()
    }

    private func take(_ line: UnsafeRawBufferPointer) throws(DeliveryError) {
        lineNumber += 1
        guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
        if batch.isFull(forLineBytes: line.count + EventIdentification.bytesMax) { try flush() }
        let now = Clock.unixMilliseconds()
        if let problem = identification.add(line, number: lineNumber, to: batch, unixMilliseconds: now) {
            reject(problem)
        }
        if batch.count >= batchEventsMax { try flush() }
    }

    private func reject(_ problem: String) {
        progress.add(Rejection(lineNumber: lineNumber, field: "", message: problem))
    }

    private func flush() throws(DeliveryError) {
        guard !batch.isEmpty else { return }
        let count = batch.count
        defer { batch.clear() }
        try sender.deliver(batch)
        let delay = pace?.delayMilliseconds(after: count, nowMilliseconds: Clock.monotonicMilliseconds()) ?? 0
        EventSender.wait(delay, progress)
    }
}
