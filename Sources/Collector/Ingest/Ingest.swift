import EventLog
import Events
import HTTPServer
import Platform

/// What all ways in have in common: parsing, what is known of a request, storing.
struct Ingest: Sendable {
    let log: any EventLogWriter
    let admission: Admission
    let workspaces: WorkspacePool
    let metrics: IngestMetrics
    /// Nil: what fails its checks is told to its sender and not kept.
    let rejects: Rejects?
    let options: CollectorOptions

    func parse(_ body: UnsafeRawBufferPointer, _ parser: JSONParser) throws(ClientError) -> JSONValue {
        do {
            return try parser.parse(body)
        } catch {
            throw ClientError(error)
        }
    }

    func context(_ exchange: HTTPExchange) -> EventContext {
        let ticket = exchange.context as? Admission.Ticket
        let isBot = exchange.withHeader("User-Agent") { $0.map(UserAgent.isBot) ?? false }
        return EventContext(
            userID: ticket?.userID, receivedAt: Timestamp(unixMilliseconds: Clock.unixMilliseconds()),
            verdict: isBot ? .bot : .good)
    }

    /// From here on `waiter` answers, when the lines are durable or cannot be.
    func store(_ lines: EventLines, _ waiter: any AppendWaiter) throws(ClientError) {
        do {
            try log.append(lines, waiter: waiter)
        } catch {
            throw .cannotStore(error)
        }
    }
}

extension ClientError {
    init(_ error: JSONError) {
        switch error {
        case .malformed: self = .notJSON(error.eventError)
        case .tooLarge(let max): self = .http(.decodedTooLarge(limit: max))
        case .numberOutOfRange, .tooDeep: self = .invalid([error.eventError])
        }
    }
}
