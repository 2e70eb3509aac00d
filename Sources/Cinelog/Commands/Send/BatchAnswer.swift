import Events
import HTTPClient

/// An event that the collector did not take.
struct Rejection: Equatable {
    let lineNumber: Int
    /// The field at fault; "" where it is the event as a whole.
    let field: String
    let message: String
}

/// What the collector's answer to a batch means for the sender.
enum BatchAnswer {
    /// Every event has its result.
    case judged(accepted: Int, rejections: [(index: Int, field: String, message: String)])
    /// Not now: the same again later.
    case later(retryAfter: String?, reason: String)
    /// The request as a whole is at fault; parts of it may not be.
    case refused(reason: String)
    /// No request like this one will be taken.
    case hopeless(reason: String)

    private static let answerDepthMax = 16

    init(_ response: HTTPClientResponse, eventCount: Int) {
        let reason = "\(response.status) \(BatchAnswer.excerpt(response.body))"
        switch response.status {
        case 201, 207, 422:
            let judged = BatchAnswer.results(response.body, eventCount: eventCount)
            self = judged ?? (response.status == 422 ? .refused(reason: reason) : .hopeless(reason: reason))
        case 408, 425, 429, 500, 502, 503, 504:
            self = .later(retryAfter: response.header("Retry-After"), reason: reason)
        case 400, 413: self = .refused(reason: reason)
        default: self = .hopeless(reason: reason)
        }
    }

    /// `{"accepted":n,"rejected":n,"results":[{"event_id","status"} | {"index","status","error","field"}]}`; nil for
    /// anything else.
    private static func results(_ body: ByteBuffer, eventCount: Int) -> BatchAnswer? {
        let parser = JSONParser(capacityMax: max(body.count, 1), depthMax: answerDepthMax)
        // What is read below lies in the parser's memory.
        defer { withExtendedLifetime(parser) {} }
        body.reserve(JSONParser.padding)
        guard let answer = try? parser.parse(body.bytes), let results = answer["results"], results.kind == .array,
            let accepted = answer["accepted"]?.int
        else { return nil }
        var rejections: [(index: Int, field: String, message: String)] = []
        for (place, result) in results.elements.enumerated() where result["status"]?.string == "rejected" {
            let index = result["index"]?.int.flatMap { Int(exactly: $0) } ?? place
            guard (0..<eventCount).contains(index) else { return nil }
            rejections.append((index, result["field"]?.string ?? "", result["error"]?.string ?? "rejected"))
        }
        guard Int(accepted) + rejections.count == eventCount else { return nil }
        return .judged(accepted: Int(accepted), rejections: rejections)
    }

    /// The beginning of an answer, fit for a terminal.
    private static func excerpt(_ body: ByteBuffer) -> String {
        let text = String(decoding: body.bytes.prefix(300), as: UTF8.self)
        return String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }
}
