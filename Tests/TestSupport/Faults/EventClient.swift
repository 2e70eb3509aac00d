public import Events
public import HTTPClient

/// One client, sending one request after the other, and telling what became of each.
///
/// `@unchecked Sendable`: one thread at a time uses it, as its HTTP client demands.
public final class EventClient: @unchecked Sendable {
    /// What a request came to.
    public enum Outcome: Sendable, Equatable {
        case acknowledged
        /// 503: not stored, or not known to be.
        case refused
        /// No answer.
        case cutOff
        /// An answer that should not be.
        case wrong(String)
    }

    private let http: HTTPClient
    private let url: String
    private let deliveries: Deliveries
    private let name: String
    private var count = 0
    private var chance: Chance
    private var recent: [SentEvent] = []
    /// The last answer, for what the outcome does not tell.
    public private(set) var lastAnswer: HTTPClientResponse?

    /// - Parameter name: no two clients of a run have the same.
    public init(_ name: String, url: String, deliveries: Deliveries, chance: Chance, timeoutMilliseconds: Int = 20_000)
    {
        self.name = name
        self.url = url
        self.deliveries = deliveries
        self.chance = chance
        http = HTTPClient(timeoutMilliseconds: timeoutMilliseconds)
    }

    /// A new event of any kind.
    public func event(_ kind: EventKind? = nil, phase: Int) -> SentEvent {
        count += 1
        let kind = kind ?? EventKind.allCases[Int.random(in: 0..<4, using: &chance)]
        return SentEvent(kind, phase: phase, place: "\(name)-\(count)", chance: &chance)
    }

    /// One request of the mixture: mostly single events, batches with and without invalid ones, retries, nonsense.
    @discardableResult
    public func sendAny(phase: Int) -> Outcome {
        switch Int.random(in: 0..<100, using: &chance) {
        case 0..<55: return send(event(phase: phase))
        case 55..<85:
            let events = (0..<Int.random(in: 2...40, using: &chance)).map { _ in event(phase: phase) }
            return send(events, invalid: chance.percent(30) ? Int.random(in: 1...3, using: &chance) : 0)
        case 85..<97: return recent.randomElement(using: &chance).map(send) ?? send(event(phase: phase))
        default: return sendInvalid()
        }
    }

    /// One event to its kind's endpoint.
    @discardableResult
    public func send(_ event: SentEvent) -> Outcome {
        deliveries.sending([event])
        let outcome = post(event.kind.path + "/", event.body, good: 201)
        if outcome == .acknowledged { deliveries.acknowledged([event]) }
        remember([event])
        return outcome
    }

    /// A batch, with so many invalid events in its middle.
    @discardableResult
    public func send(_ events: [SentEvent], invalid: Int = 0) -> Outcome {
        deliveries.sending(events)
        var items = events.map(\.item)
        for _ in 0..<invalid { items.insert(#"{"type":"page","url":"/","duration":-1}"#, at: items.count / 2) }
        var outcome = post("/v1/events", "[" + items.joined(separator: ",") + "]", good: invalid > 0 ? 207 : 201)
        if outcome == .acknowledged {
            let counts = #""accepted":\#(events.count),"rejected":\#(invalid),"#
            if lastAnswer?.body.string.contains(counts) != true {
                outcome = wrong("a batch's counts are not \(counts)")
            }
        }
        if outcome == .acknowledged { deliveries.acknowledged(events) }
        remember(events.suffix(2))
        return outcome
    }

    private func sendInvalid() -> Outcome { post("/clicks/", #"{"obj_id":7}"#, good: 422) }

    private func remember(_ events: some Sequence<SentEvent>) {
        recent += events
        if recent.count > 50 { recent.removeFirst(recent.count - 50) }
    }

    private func post(_ path: String, _ body: String, good: Int) -> Outcome {
        lastAnswer = nil
        do {
            let bytes = Array(body.utf8)
            let answer = try bytes.withUnsafeBytes { bytes in
                try http.request("POST", url + path, headers: [("Content-Type", "application/json")], body: bytes)
            }
            lastAnswer = answer
            if answer.status == good { return .acknowledged }
            return answer.status == 503
                ? .refused : wrong("\(path): \(answer.status), not \(good): \(answer.body.string)")
        } catch {
            return .cutOff
        }
    }

    private func wrong(_ words: String) -> Outcome {
        deliveries.surprised(words)
        return .wrong(words)
    }
}
