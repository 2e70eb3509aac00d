import Glibc
import HTTPClient
import Platform

/// A batch that did not get through.
struct DeliveryError: Error, Equatable {
    let reason: String
}

/// Posts batches to a collector until it has answered for every event, or there is no hope of that.
final class EventSender {
    private static let requestMillisecondsMax = 30_000
    private static let answerBytesMax = 8 << 20
    private static let waitStepMilliseconds = 100

    struct Target {
        var url: String
        var token: String?
        var writeKey: String?
        var gzip = false
        var retrySecondsMax = 60
    }

    private let client: HTTPClient
    private let target: Target
    private let address: String
    private let headers: [(String, String)]
    private let progress: DeliveryProgress

    init(_ target: Target, _ progress: DeliveryProgress) {
        self.target = target
        self.progress = progress
        client = HTTPClient(
            timeoutMilliseconds: EventSender.requestMillisecondsMax, responseBytesMax: EventSender.answerBytesMax)
        address = (target.url.hasSuffix("/") ? String(target.url.dropLast()) : target.url) + "/v1/events"
        var headers = [("Content-Type", "application/x-ndjson"), ("User-Agent", "cinelog-send")]
        if let token = target.token { headers.append(("Authorization", "Bearer \(token)")) }
        if let key = target.writeKey { headers.append(("X-Write-Key", key)) }
        self.headers = headers
    }

    /// Delivers every event of the batch and tells `progress` what became of it.
    func deliver(_ batch: EventBatch) throws(DeliveryError) {
        guard !batch.isEmpty else { return }
        // Halves of halves, a bounded number of times: each part is shorter than the last.
        var parts = [0..<batch.count]
        while let part = parts.popLast() {
            guard let reason = try post(part, of: batch) else { continue }
            if part.count == 1 {
                progress.add(Rejection(lineNumber: batch.lineNumbers[part.lowerBound], field: "", message: reason))
            } else {
                let middle = part.lowerBound + part.count / 2
                parts += [middle..<part.upperBound, part.lowerBound..<middle]
            }
        }
    }

    /// Answers why the collector refused the request as a whole; nil when it judged each event.
    private func post(_ part: Range<Int>, of batch: EventBatch) throws(DeliveryError) -> String? {
        var backoff = Backoff()
        let deadline = Clock.monotonicMilliseconds() + UInt64(target.retrySecondsMax) * 1000
        while true {
            switch try attempt(part, of: batch) {
            case .judged(let accepted, let rejections):
                for rejection in rejections {
                    let line = batch.lineNumbers[part.lowerBound + rejection.index]
                    progress.add(Rejection(lineNumber: line, field: rejection.field, message: rejection.message))
                }
                progress.add(accepted: accepted)
                return nil
            case .refused(let reason): return reason
            case .hopeless(let reason): throw DeliveryError(reason: reason)
            case .later(let retryAfter, let reason):
                try waitForRetry(backoff.next(retryAfter: retryAfter), until: deadline, reason)
            }
        }
    }

    /// The last try is at the deadline, however long the server asks for.
    private func waitForRetry(_ milliseconds: Int, until deadline: UInt64, _ reason: String) throws(DeliveryError) {
        guard !Interruption.isRequested else { throw DeliveryError(reason: "interrupted: \(reason)") }
        let now = Clock.monotonicMilliseconds()
        guard now < deadline else {
            throw DeliveryError(reason: "gave up after \(target.retrySecondsMax) s: \(reason)")
        }
        progress.willRetry(reason)
        EventSender.wait(min(milliseconds, Int(deadline - now)), progress)
    }

    private func attempt(_ part: Range<Int>, of batch: EventBatch) throws(DeliveryError) -> BatchAnswer {
        do throws(HTTPClientError) {
            let response = try client.request(
                "POST", address, headers: headers, body: batch.bytes(part), gzip: target.gzip)
            return BatchAnswer(response, eventCount: part.count)
        } catch {
            guard error.isRetryable else { throw DeliveryError(reason: "\(error)") }
            return .later(retryAfter: nil, reason: "\(error)")
        }
    }

    /// Sleeps, with the progress going on; a signal to finish ends it.
    static func wait(_ milliseconds: Int, _ progress: DeliveryProgress) {
        var left = milliseconds
        while left > 0, !Interruption.isRequested {
            let step = min(left, waitStepMilliseconds)
            usleep(UInt32(step) * 1000)
            left -= step
            progress.tick()
        }
    }
}
