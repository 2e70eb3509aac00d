/// Checks events and writes their canonical lines: the one place where a client's JSON becomes a row.
///
/// A canonical line is one JSON object whose keys are columns of the kind's table, in the columns' order, absent optional
/// fields left out, ended by a newline. `event_id` and `user_id` come first, at fixed places.
///
/// Reused from event to event, one thread at a time (`@unchecked Sendable` for handing it on between uses).
public final class EventReader: @unchecked Sendable {
    private static let tables = EventKind.allCases.map {
        FieldTable(EventFields.common + EventFields.own($0))
    }
    private let tables = EventReader.tables
    /// The tape's place of each known field's value, by the field's place; 0 for absent.
    private let found: UnsafeMutablePointer<Int>
    private static let foundCapacity = 64
    /// Places of unknown fields' keys.
    private var unknown: [Int] = []
    private var errors: [EventError] = []
    private var identifiers = UUIDGenerator()
    private var lastTime = WrittenTime()
    private var lastReceived = WrittenTime()
    private let limits: EventLimits

    public init(limits: EventLimits = EventLimits()) {
        self.limits = limits
        found = .allocate(capacity: EventReader.foundCapacity)
        found.initialize(repeating: 0, count: EventReader.foundCapacity)
    }

    deinit { found.deallocate() }

    /// Checks `value` and, when it is good, adds its line to `lines`.
    ///
    /// - Parameters:
    ///   - kind: the endpoint's; nil where the event says its own by `type`.
    ///   - history: the batch that the event is one of.
    public func read(
        _ value: JSONValue, as kind: EventKind?, _ context: EventContext, in history: ViewingHistory? = nil,
        into lines: EventLines
    ) -> EventOutcome {
        guard value.kind == .object else { return .rejected([.notObject]) }
        guard let kind = kind ?? EventReader.kind(of: value) else {
            return .rejected([.unknownType(value["type"]?.string)])
        }
        errors.removeAll(keepingCapacity: true)
        let table = tables[Int(kind.rawValue)]
        collect(value, table)
        check(value, table, kind)
        let times = time(value, context)
        guard errors.isEmpty, let times else { return .rejected(errors) }

        let buffer = lines.buffer(kind)
        let start = buffer.count
        let id = identifier(value, context)
        let verdict = verdict(value, kind, id, times, context, history)
        write(value, table, kind, id, times.time, verdict, context, buffer)
        guard errors.isEmpty, fits(buffer.count - start) else {
            buffer.truncate(to: start)
            return .rejected(errors)
        }
        lines.lineAdded(kind)
        return .accepted(id, kind)
    }

    /// What an event says of its kind by `type`.
    public static func kind(of value: JSONValue) -> EventKind? {
        guard let type = value["type"], type.kind == .string else { return nil }
        return EventKind.allCases.first { $0.isNamed(type.stringBytes) }
    }

    private func fits(_ bytes: Int) -> Bool {
        guard bytes > limits.lineBytesMax else { return true }
        errors.append(.tooLarge(max: limits.lineBytesMax))
        return false
    }

    // MARK: Finding fields

    private func collect(_ value: JSONValue, _ table: FieldTable) {
        for place in 0..<table.count { found[place] = 0 }
        unknown.removeAll(keepingCapacity: true)
        var members = value.members
        while let (key, member) = members.next() {
            guard let place = table.place(of: key) else {
                unknown.append(member.index - 1)
                continue
            }
            if found[place] != 0 { errors.append(.duplicate(table.fields[place].name)) }
            found[place] = member.index
        }
    }

    /// The field's value; nil where it is absent or null.
    @inline(__always)
    private func field(_ place: Int, _ value: JSONValue) -> JSONValue? {
        guard found[place] != 0 else { return nil }
        let member = value.at(found[place])
        return member.isNull ? nil : member
    }

    // MARK: Checking

    private func check(_ value: JSONValue, _ table: FieldTable, _ kind: EventKind) {
        for place in 0..<table.count {
            guard let member = field(place, value) else {
                if table.required[place] { errors.append(.missing(table.fields[place])) }
                continue
            }
            if !table.types[place].accepts(member) { errors.append(.wrong(table.fields[place])) }
        }
        if let type = field(CommonField.type, value), type.kind == .string, !kind.isNamed(type.stringBytes) {
            errors.append(.otherType(kind))
        }
        if let id = field(CommonField.eventID, value), id.kind == .string, UUID(id.stringBytes) == UUID.none {
            errors.append(.nilEventID)
        }
        checkDuplicates(value, table)
    }

    private func checkDuplicates(_ value: JSONValue, _ table: FieldTable) {
        guard unknown.count <= EventLimits.extraFieldsMax else {
            errors.append(.tooManyExtraFields)
            return
        }
        if let name = JSONValue.firstRepeated(unknown.map { value.at($0).stringBytes }) {
            errors.append(.duplicate(name))
        }
        for key in unknown {
            if let name = value.at(key + 1).firstDuplicateKey() { errors.append(.duplicate(name)) }
        }
        for place in CommonField.count..<table.count {
            if case .object = table.types[place], let name = field(place, value)?.firstDuplicateKey() {
                errors.append(.duplicate(name))
            }
        }
    }

    // MARK: Times and identifiers

    /// When it happened, and when it says so itself, by the sender's own clock.
    private struct Times {
        var time: Timestamp
        var claimed: Timestamp?
    }

    private func time(_ value: JSONValue, _ context: EventContext) -> Times? {
        var sentAt = context.sentAt
        if let own = field(CommonField.sentAt, value), let moment = inRange(own, "sent_at") { sentAt = moment }
        var claimed: Timestamp?
        if let own = field(CommonField.time, value) {
            claimed = inRange(own, "time")
            if claimed == nil { return nil }
        } else {
            claimed = timeOfIdentifier(value, sentAt, context.receivedAt)
        }
        guard let claimed else { return Times(time: context.receivedAt) }
        let time = EventTime.corrected(claimed, sentAt: sentAt, receivedAt: context.receivedAt)
        return Times(time: time, claimed: claimed)
    }

    private func inRange(_ value: JSONValue, _ name: String) -> Timestamp? {
        guard let moment = Timestamp(value) else { return nil }
        guard moment.isInRange else {
            errors.append(EventError(field: name, message: EventError.timeOutOfRange))
            return nil
        }
        return moment
    }

    /// A UUIDv7 says when it was made: an event without a time, sent again, keeps its time that way.
    private func timeOfIdentifier(_ value: JSONValue, _ sentAt: Timestamp?, _ receivedAt: Timestamp) -> Timestamp? {
        guard let id = field(CommonField.eventID, value), id.kind == .string,
            let milliseconds = UUID(id.stringBytes)?.unixMilliseconds
        else { return nil }
        let made = Timestamp(unixMilliseconds: milliseconds)
        let corrected = EventTime.corrected(made, sentAt: sentAt, receivedAt: receivedAt)
        return EventTime.isPlausible(corrected, receivedAt: receivedAt) ? made : nil
    }

    private func identifier(_ value: JSONValue, _ context: EventContext) -> UUID {
        if let own = field(CommonField.eventID, value), let id = UUID(own.stringBytes) { return id }
        return context.eventID ?? identifiers.next(unixMilliseconds: context.receivedAt.unixMilliseconds)
    }

    // MARK: Writing

    private func write(
        _ value: JSONValue, _ table: FieldTable, _ kind: EventKind, _ id: UUID, _ time: Timestamp, _ verdict: Verdict,
        _ context: EventContext, _ out: ByteBuffer
    ) {
        out.append(CanonicalLine.eventIDKey)
        out.append(id)
        out.append(CanonicalLine.userIDKey)
        out.append(context.userID ?? .none)
        out.append(CanonicalLine.timeKey)
        lastTime.append(time, to: out)
        out.append(CanonicalLine.receivedAtKey)
        lastReceived.append(context.receivedAt, to: out)
        out.append("\"")
        for place in CommonField.anonymousID...CommonField.appVersion {
            if let member = field(place, value) { write(member, place, table, out) }
        }
        if verdict != .good {
            out.append(",\"verdict\":\"")
            out.append(verdict.rawValue)
            out.append("\"")
        }
        if !unknown.isEmpty { writeExtra(value, out) }
        for place in CommonField.count..<table.count {
            if let member = field(place, value) { write(member, place, table, out) }
        }
        out.append("}\n")
    }

    private func write(_ value: JSONValue, _ place: Int, _ table: FieldTable, _ out: ByteBuffer) {
        if case .timecode = table.types[place] { return writeTimecode(value, out) }
        out.append(table.keys[place])
        switch table.types[place] {
        case .uuid:
            out.append(UInt8(ascii: "\""))
            out.append(UUID(value.stringBytes)!)
            out.append(UInt8(ascii: "\""))
        case .object(let bytesMax):
            let start = out.count
            out.appendJSON(value)
            if out.count - start > bytesMax { errors.append(.wrong(table.fields[place])) }
        default: out.appendJSON(value)
        }
    }

    private func writeTimecode(_ value: JSONValue, _ out: ByteBuffer) {
        let timecode = Timecode(value)!
        out.append(",\"timecode\":\"")
        out.append(timecode)
        out.append("\",\"position\":")
        out.appendJSON(number: timecode.seconds)
    }

    private func writeExtra(_ value: JSONValue, _ out: ByteBuffer) {
        out.append(",\"extra\":{")
        let start = out.count
        for (number, key) in unknown.enumerated() {
            if number > 0 { out.append(",") }
            out.appendJSON(string: value.at(key).stringBytes)
            out.append(":")
            out.appendJSON(value.at(key + 1))
        }
        if out.count - start > EventLimits.extraBytesMax { errors.append(.extraTooLarge) }
        out.append("}")
    }

    // MARK: The verdict

    /// The first that fits.
    private func verdict(
        _ value: JSONValue, _ kind: EventKind, _ id: UUID, _ times: Times, _ context: EventContext,
        _ history: ViewingHistory?
    ) -> Verdict {
        let isPossible = kind != .film || isPossible(value, id, times, history)
        if context.verdict != .good { return context.verdict }
        guard EventTime.isPlausible(times.time, receivedAt: context.receivedAt) else { return .clock }
        return isPossible ? .good : .implausible
    }

    private func isPossible(_ value: JSONValue, _ id: UUID, _ times: Times, _ history: ViewingHistory?) -> Bool {
        let watching = Watching(
            field(FilmField.watched, value), position: Timecode(value.at(found[FilmField.timecode]))?.seconds ?? 0,
            filmSeconds: field(FilmField.duration, value)?.double, rate: field(FilmField.rate, value)?.double)
        guard watching.isPlausible else { return false }
        guard let history, let claimed = times.claimed, let viewing = field(FilmField.viewID, value) else {
            return true
        }
        let identity = ViewingIdentity(
            film: value.at(found[FilmField.filmID]).stringBytes, viewing: viewing.stringBytes,
            device: field(CommonField.anonymousID, value)?.stringBytes)
        return history.allows(watching, id, identity, at: claimed)
    }
}
