import EventLog
import Events
import HTTPServer

/// POST /clicks/, /pages/, /films/, /custom_events/: one event, one answer `{"event_id":"…"}`.
struct SingleEvent: Sendable {
    let kind: EventKind
    let ingest: Ingest

    func handle(_ exchange: HTTPExchange) {
        ingest.workspaces.with { workspace in
            let arrival = ingest.arrival(exchange)
            do throws(ClientError) {
                let (id, warnings) = try read(exchange, arrival.context, workspace)
                try ingest.store(workspace.lines, SingleAnswer(exchange, id))
                ingest.metrics.accepted(workspace.lines)
                arrival.witness?.accepted(workspace.lines, warnings.isEmpty ? [:] : [id: warnings])
            } catch {
                ingest.metrics.rejected(error, kind)
                ingest.refused(error, of: kind, exchange.body.bytes, arrival, workspace)
                exchange.answer(error.response)
            }
        }
    }

    private func read(_ exchange: HTTPExchange, _ context: EventContext, _ workspace: Workspace) throws(ClientError)
        -> (UUID, warnings: [EventError])
    {
        let value = try ingest.parse(exchange.body.bytes, workspace.single)
        guard value.kind == .object else { throw .notAnObject }
        let (outcome, warnings) = workspace.read(value, as: kind, context)
        switch outcome {
        case .accepted(let id, _): return (id, warnings)
        case .rejected(let errors): throw .invalid(errors)
        }
    }
}

/// Waits for one event to be durable.
final class SingleAnswer: AppendWaiter {
    private let exchange: HTTPExchange
    private let id: UUID

    init(_ exchange: HTTPExchange, _ id: UUID) {
        self.exchange = exchange
        self.id = id
    }

    func appended(_ outcome: AppendOutcome) {
        switch outcome {
        case .durable:
            let body = ByteBuffer(capacity: 64)
            body.append("{\"event_id\":\"")
            body.append(id)
            body.append("\"}")
            exchange.answer(HTTPResponse(.created, json: body))
        case .failed(let error): exchange.answer(ClientError.cannotStore(error).response)
        }
    }
}
