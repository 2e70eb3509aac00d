import Events
import Schemas

/// What does not fit the schemas of events that were taken all the same, by their `event_id`.
typealias Warnings = [UUID: [EventError]]

extension Workspace {
    /// Checks one event, a custom one against its schema too, and adds its line to `lines` where it is good.
    ///
    /// - Parameters:
    ///   - kind: the endpoint's; nil where the event says its own.
    ///   - counts: false for a dry run, which must not show in a schema's figures.
    /// - Returns: the outcome, and what does not fit the schema of an event that was taken all the same.
    func read(
        _ value: JSONValue, as kind: EventKind?, _ context: EventContext, in history: ViewingHistory? = nil,
        counts: Bool = true
    ) -> (outcome: EventOutcome, warnings: [EventError]) {
        switch schemas?.check(value, as: kind, at: context.receivedAt, counts: counts, scratch: information) {
        case .refused(let faults): return (.rejected(faults), [])
        case .warned(let faults): return (reader.read(value, as: kind, context, in: history, into: lines), faults)
        case .unchecked, .fits, nil: return (reader.read(value, as: kind, context, in: history, into: lines), [])
        }
    }
}
