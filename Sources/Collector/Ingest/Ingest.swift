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
    let tail: Tail
    let options: CollectorOptions

    func parse(_ body: UnsafeRawBufferPointer, _ parser: JSONParser) throws(ClientError) -> JSONValue {
        do {
            return try parser.parse(body)
        } catch {
            throw ClientError(error)
        }
    }

    /// Decides at a request's head: the refusal, or nil.
    ///
    /// - Parameter stores: whether an event that it brings is to be stored; only then it is told of.
    func admit(_ exchange: HTTPExchange, of kind: EventKind?, media: [MediaType], named: String, stores: Bool = true)
        -> HTTPResponse?
    {
        do throws(ClientError) {
            try admission.admit(exchange, media: media, named: named)
            return nil
        } catch {
            if stores { tail.witness(exchange)?.refused(error, of: kind, context(exchange)) }
            return error.response
        }
    }

    /// Counts what a batch has brought against its sender's rates.
    func charge(_ exchange: HTTPExchange, events: Int) {
        guard let limits = admission.limits, let ticket = exchange.context as? Admission.Ticket else { return }
        limits.charge(ticket.senders, events: events)
    }

    func arrival(_ exchange: HTTPExchange, stores: Bool = true) -> Arrival {
        Arrival(context: context(exchange), witness: stores ? tail.witness(exchange) : nil)
    }

    /// Keeps a request that is refused as a whole, and tells of it, where that is wanted.
    func refused(
        _ error: ClientError, of kind: EventKind?, _ text: UnsafeRawBufferPointer, _ arrival: Arrival,
        _ workspace: Workspace
    ) {
        rejects?.keep(error, of: kind, text, arrival.context, workspace)
        arrival.witness?.refused(error, of: kind, text, arrival.context, workspace)
    }

    private func context(_ exchange: HTTPExchange) -> EventContext {
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

/// What is known of a request beside its body, and who is to be told what becomes of it.
struct Arrival {
    var context: EventContext
    let witness: TailWitness?
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
