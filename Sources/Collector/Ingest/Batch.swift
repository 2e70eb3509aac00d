import EventLog
import Events
import HTTPServer

/// POST /v1/events and /v1/validate: many events, a result for each, in their order.
struct Batch: Sendable {
    let ingest: Ingest
    /// False for /v1/validate: nothing is stored.
    let stores: Bool

    func handle(_ exchange: HTTPExchange) {
        ingest.workspaces.with { workspace in
            var results = BatchResults()
            let arrival = ingest.arrival(exchange, stores: stores)
            workspace.history.clear()
            do throws(ClientError) {
                try read(exchange, workspace, arrival, &results)
                ingest.charge(exchange, events: results.count)
            } catch {
                ingest.charge(exchange, events: eventsRead(error, results))
                ingest.metrics.rejected(error, nil)
                if stores { ingest.refused(error, of: nil, exchange.body.bytes, arrival, workspace) }
                exchange.answer(error.response)
                return
            }
            finish(exchange, workspace, arrival, results)
        }
    }

    /// How many events a batch that is refused as a whole has cost; one that is too long counts as if it were not.
    private func eventsRead(_ error: ClientError, _ results: BatchResults) -> Int {
        if case .tooManyEvents(let max) = error { return max }
        return results.count
    }

    private func finish(
        _ exchange: HTTPExchange, _ workspace: Workspace, _ arrival: Arrival, _ results: BatchResults
    ) {
        guard stores, results.accepted > 0 else {
            if stores { rejected(results, workspace) }
            exchange.answer(results.response)
            return
        }
        do throws(ClientError) {
            try ingest.store(workspace.lines, BatchAnswer(exchange, results))
            ingest.metrics.accepted(workspace.lines)
            arrival.witness?.accepted(workspace.lines, results.warnings)
            rejected(results, workspace)
        } catch {
            arrival.witness?.refused(error, of: nil, arrival.context)
            exchange.answer(error.response)
        }
    }

    /// Only now: a batch that is refused as a whole comes again as a whole.
    private func rejected(_ results: BatchResults, _ workspace: Workspace) {
        ingest.metrics.rejected(results.rejected)
        ingest.rejects?.append(workspace.rejected)
    }

    private func read(
        _ exchange: HTTPExchange, _ workspace: Workspace, _ arrival: Arrival, _ results: inout BatchResults
    ) throws(ClientError) {
        let body = exchange.body.bytes
        let media = (exchange.context as? Admission.Ticket)?.media ?? .json
        if media != .lines {
            do throws(ClientError) {
                let value = try ingest.parse(body, workspace.batch)
                return try readValue(value, workspace, arrival, &results)
            } catch {
                // A beacon's text/plain may hold lines too.
                guard case .notJSON = error, media == .text, hasSeveralLines(body) else { throw error }
            }
        }
        try readLines(body, workspace, arrival, &results)
    }

    // MARK: One JSON text

    private func readValue(
        _ value: JSONValue, _ workspace: Workspace, _ arrival: Arrival, _ results: inout BatchResults
    ) throws(ClientError) {
        switch value.kind {
        case .array: try readEvents(value, workspace, arrival, &results)
        case .object:
            guard let events = value["events"] else {
                return readEvent(value, workspace, arrival, &results)
            }
            // Which of two lists is meant? An answer that left one out would be a loss.
            if let name = value.firstRepeatedMember() { throw .invalid([.duplicate(name)]) }
            guard events.kind == .array else {
                throw .invalid([EventError(field: "events", message: "must be a list of events")])
            }
            var arrival = arrival
            arrival.context.sentAt = try sentAt(value)
            try readEvents(events, workspace, arrival, &results)
        default: throw .notJSON(EventError(field: "", message: "the body must be a JSON array or object"))
        }
    }

    private func sentAt(_ value: JSONValue) throws(ClientError) -> Timestamp? {
        guard let field = value["sent_at"], !field.isNull else { return nil }
        guard let moment = EventTime.moment(field) else { throw .invalid([EventTime.wrong("sent_at")]) }
        return moment
    }

    private func readEvents(
        _ array: JSONValue, _ workspace: Workspace, _ arrival: Arrival, _ results: inout BatchResults
    ) throws(ClientError) {
        guard array.memberCount <= ingest.options.batchEventsMax else {
            throw .tooManyEvents(max: ingest.options.batchEventsMax)
        }
        guard array.memberCount > 0 else { throw .noEvents }
        for event in array.elements { readEvent(event, workspace, arrival, &results) }
    }

    private func readEvent(
        _ value: JSONValue, _ workspace: Workspace, _ arrival: Arrival, _ results: inout BatchResults
    ) {
        let (outcome, warnings) = workspace.read(
            value, as: nil, arrival.context, in: workspace.history, counts: stores)
        results.add(outcome, warnings: warnings)
        if case .rejected(let errors) = outcome { note(errors, .value(value), value, workspace, arrival) }
    }

    /// Readies an event that failed its checks for the quarantine, where they are kept, and tells those who look on.
    private func note(
        _ errors: [EventError], _ payload: RejectedEvent.Payload, _ value: JSONValue?, _ workspace: Workspace,
        _ arrival: Arrival
    ) {
        guard stores, ingest.rejects != nil || arrival.witness != nil else { return }
        let event = RejectedEvent(
            kind: value.flatMap(EventReader.kind), payload: payload, value: value, errors: errors,
            context: arrival.context)
        ingest.rejects?.note(event, workspace)
        arrival.witness?.rejected(event)
    }

    // MARK: Lines

    private func readLines(
        _ body: UnsafeRawBufferPointer, _ workspace: Workspace, _ arrival: Arrival, _ results: inout BatchResults
    ) throws(ClientError) {
        var lines = LineReader(body)
        while let line = lines.next() {
            guard results.count < ingest.options.batchEventsMax else {
                throw .tooManyEvents(max: ingest.options.batchEventsMax)
            }
            do {
                // Behind a line lie the next lines, or the body's padding.
                let value = try workspace.single.parse(line)
                readEvent(value, workspace, arrival, &results)
            } catch {
                results.add(.rejected([error.eventError]))
                note([error.eventError], .text(line), nil, workspace, arrival)
            }
        }
        if results.count == 0 { throw .noEvents }
    }

    private func hasSeveralLines(_ body: UnsafeRawBufferPointer) -> Bool {
        var lines = LineReader(body)
        return lines.next() != nil && lines.next() != nil
    }
}

/// Lines that are not blank, without their line ends.
struct LineReader {
    private var rest: UnsafeRawBufferPointer

    init(_ text: UnsafeRawBufferPointer) { rest = text }

    mutating func next() -> UnsafeRawBufferPointer? {
        while rest.count > 0 {
            let end = rest.firstIndex(of: 0x0A) ?? rest.count
            let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
            rest = UnsafeRawBufferPointer(rebasing: rest[min(end + 1, rest.count)...])
            if line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) { return line }
        }
        return nil
    }
}

/// Waits for a batch's good events to be durable.
final class BatchAnswer: AppendWaiter {
    private let exchange: HTTPExchange
    private let results: BatchResults

    init(_ exchange: HTTPExchange, _ results: BatchResults) {
        self.exchange = exchange
        self.results = results
    }

    func appended(_ outcome: AppendOutcome) {
        switch outcome {
        case .durable: exchange.answer(results.response)
        case .failed(let error): exchange.answer(ClientError.cannotStore(error).response)
        }
    }
}
