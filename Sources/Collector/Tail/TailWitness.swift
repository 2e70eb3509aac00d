import Events
import HTTPServer

/// Tells those who look on what becomes of one request.
struct TailWitness: Sendable {
    let tail: Tail
    /// The request's write key, shortened; nil where it has none.
    let key: String?

    func accepted(_ lines: EventLines, _ warnings: Warnings) { tail.accepted(lines, warnings, key: key) }

    /// One event of a batch.
    func rejected(_ event: RejectedEvent) { tail.rejected(event, status: HTTPStatus.unprocessable.code, key: key) }

    /// A whole request.
    ///
    /// - Parameter text: the event, where the fault is the event's; else nothing of it is told. `JSONParser.padding` bytes
    ///   behind it may be read.
    func refused(
        _ error: ClientError, of kind: EventKind?, _ text: UnsafeRawBufferPointer, _ context: EventContext,
        _ workspace: Workspace
    ) {
        guard error.faultsOfEvent != nil else { return refused(error, of: kind, context) }
        let value = try? workspace.single.parse(text)
        tail.rejected(
            RejectedEvent(
                kind: kind ?? value.flatMap(EventReader.kind), payload: .text(text), value: value,
                errors: error.errors, context: context), status: error.status.code, key: key)
    }

    /// A request of which nothing is known but its head.
    func refused(_ error: ClientError, of kind: EventKind?, _ context: EventContext) {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        tail.rejected(
            RejectedEvent(kind: kind, payload: .text(none), value: nil, errors: error.errors, context: context),
            status: error.status.code, key: key)
    }
}
