import Events

/// When something happened and when the device tells of it, Unix milliseconds of a right clock.
struct EventStamp {
    let time: Int64
    let sentAt: Int64

    static func live(_ now: Int64) -> EventStamp { EventStamp(time: now, sentAt: now) }
}

/// What all events of a visit have in common.
struct EventOrigin {
    let viewer: Viewer
    let device: Device
    let sessionID: UUID
}

/// Writes events as clients send them, one line of JSON each, and hands each line on.
final class EventWriter {
    private let line = ByteBuffer(capacity: 1024)
    private var identifiers: UUIDGenerator
    private var needsComma = false
    private let sink: (UnsafeRawBufferPointer) -> Void
    private(set) var count = 0

    init(seed: UInt64, _ sink: @escaping (UnsafeRawBufferPointer) -> Void) {
        var random = DemoRandom(seed: seed)
        identifiers = UUIDGenerator(seed: (random.bits(), random.bits(), random.bits(), random.bits() | 1))
        self.sink = sink
    }

    /// Writes one event; `fields` adds the kind's own.
    func write(_ kind: EventKind, _ origin: EventOrigin, _ stamp: EventStamp, _ fields: (EventWriter) -> Void) {
        let clock = origin.viewer.clockFault
        let time = stamp.time + (clock?.milliseconds ?? 0)
        line.clear()
        open()
        text("type", kind.type)
        uuid("event_id", identifiers.next(unixMilliseconds: time))
        integer("time", time)
        if clock?.tellsSentAt ?? true { integer("sent_at", stamp.sentAt + (clock?.milliseconds ?? 0)) }
        uuid("anonymous_id", origin.viewer.anonymousID)
        uuid("session_id", origin.sessionID)
        text("platform", origin.device.platform)
        text("app_version", origin.device.appVersion)
        if origin.viewer.isBot { yes("automated") }
        fields(self)
        close()
        count += 1
        withExtendedLifetime(line) { sink(line.bytes) }
    }

    /// Writes a custom event; `information` adds its properties.
    func writeCustom(
        _ name: String, _ origin: EventOrigin, _ stamp: EventStamp, _ information: (EventWriter) -> Void
    ) {
        write(.custom, origin, stamp) { event in
            event.text("name", name)
            event.key("information")
            event.open()
            information(event)
            event.close()
        }
    }

    func writeClick(
        _ object: String, _ label: String, url: String, _ origin: EventOrigin, _ stamp: EventStamp,
        _ random: inout DemoRandom
    ) {
        let (x, y) = (random.uniform(0...1279), random.uniform(0...2399))
        write(.click, origin, stamp) { event in
            event.text("obj_id", object)
            event.text("text", label)
            event.text("url", url)
            event.integer("x", Int64(x))
            event.integer("y", Int64(y))
        }
    }

    // MARK: Fields

    func text(_ name: StaticString, _ value: String) {
        key(name)
        line.appendJSON(string: value)
    }

    func integer(_ name: StaticString, _ value: Int64) {
        key(name)
        line.appendDecimal(value)
    }

    /// To three places: film seconds and dwell times.
    func number(_ name: StaticString, _ value: Double) {
        key(name)
        line.appendJSON(number: (value * 1000).rounded() / 1000)
    }

    func uuid(_ name: StaticString, _ value: UUID) {
        key(name)
        line.append("\"")
        line.append(value)
        line.append("\"")
    }

    func yes(_ name: StaticString) {
        key(name)
        line.append("true")
    }

    func texts(_ name: StaticString, _ values: [String]) {
        key(name)
        line.append("[")
        for (place, value) in values.enumerated() {
            if place > 0 { line.append(",") }
            line.appendJSON(string: value)
        }
        line.append("]")
    }

    /// One interval in a list of them.
    func interval(_ name: StaticString, _ from: Double, _ to: Double) {
        key(name)
        line.append("[[")
        line.appendJSON(number: from)
        line.append(",")
        line.appendJSON(number: to)
        line.append("]]")
    }

    private func key(_ name: StaticString) {
        if needsComma { line.append(",") }
        line.append("\"")
        line.append(name)
        line.append("\":")
        needsComma = true
    }

    private func open() {
        line.append("{")
        needsComma = false
    }

    private func close() {
        line.append("}")
        needsComma = true
    }
}
