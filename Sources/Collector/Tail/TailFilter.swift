import Events
import Glibc

/// What one listener wants to hear of. What is not said does not count.
struct TailFilter: Sendable {
    enum Outcome: String, Sendable {
        case accepted, rejected
        /// Accepted, though it does not fit its schema.
        case warned
    }

    private var outcome: Outcome?
    private var kind: EventKind?
    private var key: String?
    private var user: UUID?
    private var device: String?
    /// How a canonical line goes on behind its head, where it is this device's.
    private let deviceMember = ByteBuffer(capacity: 256)
    private static let deviceCharactersMax = 128

    /// - Parameter parameters: `outcome`, `kind`, `key`, `user`, `device`, in any order. An empty value is none.
    init(_ parameters: [(name: String, value: String)]) throws(EventError) {
        for (name, value) in parameters where !value.isEmpty {
            switch name {
            case "outcome":
                outcome = try TailFilter.known(name, Outcome(rawValue: value), "accepted, warned or rejected")
            case "kind":
                let kinds = EventKind.allCases.map(\.type).joined(separator: ", ")
                kind = try TailFilter.known(name, EventKind(type: value), "one of " + kinds)
            case "key": key = ShortenedKey.compared(value)
            case "user": user = try TailFilter.known(name, UUID(value), "a UUID")
            case "device": device = try TailFilter.known(name, TailFilter.device(value), "at most 128 characters")
            default: throw EventError(field: name, message: "is not a parameter: outcome, kind, key, user, device are")
            }
        }
        guard let device else { return }
        deviceMember.append("\",\"anonymous_id\":")
        deviceMember.appendJSON(string: device)
    }

    private static func known<Value>(_ name: String, _ value: Value?, _ allowed: String) throws(EventError) -> Value {
        guard let value else { throw EventError(field: name, message: "must be \(allowed)") }
        return value
    }

    private static func device(_ text: String) -> String? {
        text.unicodeScalars.count <= deviceCharactersMax ? text : nil
    }

    /// Whether an event that was accepted is one of these.
    func matches(_ line: CanonicalLine.Head, _ kind: EventKind, warned: Bool, key: String?) -> Bool {
        guard outcome != .rejected, outcome != .warned || warned, self.kind == nil || self.kind == kind, fits(key)
        else { return false }
        if let user, UUID(line.userID) != user { return false }
        guard device != nil else { return true }
        let member = deviceMember.bytes
        return line.rest.count >= member.count && memcmp(line.rest.baseAddress!, member.baseAddress!, member.count) == 0
    }

    /// Whether an event that was refused is one of these.
    func matches(_ event: RejectedEvent, key: String?) -> Bool {
        guard outcome == nil || outcome == .rejected, kind == nil || kind == event.kind, fits(key) else { return false }
        if let user, event.context.userID != user { return false }
        guard let device else { return true }
        return event.value?["anonymous_id"]?.string == device
    }

    private func fits(_ key: String?) -> Bool { self.key == nil || self.key == key }
}

/// A write key as those who look on see it: enough to tell one from another, too little to send with.
package enum ShortenedKey {
    private static let charactersMax = 4

    /// At most a quarter of it, four characters, and `…`.
    package static func of(_ key: String) -> String {
        String(key.prefix(min(charactersMax, key.count / 4))) + "…"
    }

    /// What a reader gives to filter by: a whole key, or one as it is shown.
    static func compared(_ text: String) -> String { text.hasSuffix("…") ? text : of(text) }
}
