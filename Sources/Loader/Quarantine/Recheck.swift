import Events
import Schemas

/// An event of the quarantine that passes, with the place of its canonical line.
struct PassedEvent {
    let row: QuarantineRow
    let kind: EventKind
    let eventID: UUID
    /// Within the kind's buffer.
    let line: Range<Int>
}

enum RecheckOutcome {
    case passed(PassedEvent)
    case failed(EventError)
    /// Nothing that rules could be asked about: not JSON, or cut. It stays as it is.
    case unreadable
}

/// Reads quarantined events again, as the Collector does.
final class Recheck {
    private let parser: JSONParser
    private let reader: EventReader
    private let lines = EventLines()
    private let scratch = ByteBuffer()
    private let lineParser: JSONParser
    private let event = ByteBuffer()
    private let schemas: SchemaRegistry?

    /// An event is refused by its size only when it has been read.
    private static let payloadBytesMax = 8 << 20

    init(_ limits: EventLimits, _ schemas: SchemaRegistry?) {
        self.schemas = schemas
        parser = JSONParser(capacityMax: Recheck.payloadBytesMax, depthMax: limits.depthMax)
        // A line's `extra` is one level more than the event had.
        lineParser = JSONParser(capacityMax: Recheck.payloadBytesMax, depthMax: limits.depthMax + 1)
        reader = EventReader(limits: limits)
    }

    /// Forgets the lines of the page before.
    func clear() { lines.clear() }

    /// The canonical line of an event that passed since `clear`.
    func line(_ event: PassedEvent) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: lines.buffer(event.kind).bytes[event.line])
    }

    /// Any line's JSON, until the next is asked for.
    func value(_ event: PassedEvent) -> JSONValue? { try? lineParser.parse(copying: line(event), into: scratch) }

    func read(_ row: QuarantineRow, _ stream: QuarantineStream) -> RecheckOutcome {
        row.source == "rejected" ? readRequest(row) : readLine(row, stream)
    }

    /// What a client sent.
    private func readRequest(_ row: QuarantineRow) -> RecheckOutcome {
        var context = EventContext(
            userID: row.userID == .none ? nil : row.userID, receivedAt: row.receivedAt,
            sentAt: row.sentAt < .earliest ? nil : row.sentAt, verdict: Verdict(rawValue: row.verdict) ?? .good)
        context.eventID = row.eventID
        return row.payload.withUnsafeBytes { read($0, EventKind(type: row.kind), context, row, schemas) }
    }

    /// What the Collector made of an event that had passed: taken back to what its client sent. No schema is asked: the event was
    /// taken, and a schema that came later is no reason to keep it out.
    private func readLine(_ row: QuarantineRow, _ stream: QuarantineStream) -> RecheckOutcome {
        guard let kind = EventKind(topic: stream.topic) ?? EventKind(type: row.kind),
            let line = row.payload.withUnsafeBytes({ try? lineParser.parse(copying: $0, into: scratch) }),
            let recovered = RecoveredEvent(line)
        else { return .unreadable }
        event.clear()
        recovered.write(into: event)
        return read(event.bytes, kind, recovered.context, row, nil)
    }

    private func read(
        _ text: UnsafeRawBufferPointer, _ kind: EventKind?, _ context: EventContext, _ row: QuarantineRow,
        _ schemas: SchemaRegistry?
    ) -> RecheckOutcome {
        do throws(JSONError) {
            let value = try parser.parse(copying: text, into: scratch)
            let fit = schemas?.check(value, as: kind, at: context.receivedAt, counts: false, scratch: event)
            if case .refused(let faults) = fit { return .failed(faults[0]) }
            let starts = EventKind.allCases.map { lines.buffer($0).count }
            switch reader.read(value, as: kind, context, into: lines) {
            case .rejected(let errors): return .failed(errors[0])
            case .accepted(let id, let kind):
                let line = starts[Int(kind.rawValue)]..<lines.buffer(kind).count
                return .passed(PassedEvent(row: row, kind: kind, eventID: id, line: line))
            }
        } catch {
            return error.isWellFormed ? .failed(error.eventError) : .unreadable
        }
    }
}
